"""Everyday names are ours only where they fit."""

from __future__ import annotations

import pytest

from studies.foreign.dialect import csv_records
from studies.foreign.fields import Fields, fields_of
from studies.foreign.names import column_of


def fields_in(header: str, *rows: str) -> Fields:
    records = csv_records("\n".join((f"eta,alpha,value,{header}", *(f"1,2,3,{row}" for row in rows))).encode())
    return fields_of(records, [column_of(i, n) for i, n in enumerate(records.columns)], frozenset({0, 1, 2}))


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("loss", ["0.31", "2", "3.0"]),
        ("loss", ["=1+1", "@x"]),
        ("run", ["eager-frog-0", "calm-sea-1"]),
        ("phase", ["train", "eval"]),
        ("trial", ["a1b2c_0", "a1b2c_1"]),
        ("trial", ["0", "0", "0", "1", "1"]),
        ("context", ["Big Data", "Big Data"]),
        ("correct", ["9500", "9400"]),
        ("diverged", ["perhaps", "rather"]),
        ("fold", ["train", "0.5"]),
        ("repeat", ["weekly", "daily"]),
        ("state", ["California", "Texas"]),
        ("status", ["active", "retired"]),
        ("cause", ["untrained", "chance"]),
        ("arm", ["claim", "best"]),
        ("block", ["3", "3"]),
        ("runs", ["5", "5"]),
        ("sweep", ["abc123xy", "q7w8e9"]),
    ],
)
def test_a_column_that_does_not_fit_is_nobodys(name: str, cells: list[str]) -> None:
    assert name not in fields_in(name, *cells).sources


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("loss", ["sse", "golden"]),
        ("diverged", ["0", "1"]),
        ("diverged", ["no", "perhaps"]),
        ("fold", ["0", "1.0"]),
        ("fold", ["1_0", "１"]),
        ("run", ["-1", "train"]),
        ("state", ["finished", "crashed"]),
        ("seed", ["20240101", "-3"]),
        ("trial", ["4", "5"]),
    ],
)
def test_a_column_that_fits_at_least_by_half_is_ours(name: str, cells: list[str]) -> None:
    columns = f"{name},phase" if name == "trial" else name
    rows = [f"{cell},map" for cell in cells] if name == "trial" else cells
    field = "repeat" if name == "seed" else name
    assert fields_in(columns, *rows).sources[field].column.written == name


def test_counts_need_a_total_that_holds_them() -> None:
    assert "correct" in fields_in("correct,n_test", "95,100", "90,100").sources
    assert "correct" not in fields_in("correct,n_test", "950,100", "900,100").sources


def test_seeds_become_small_numbers_only_where_they_are_not() -> None:
    assert fields_in("seed", "20240101", "-7", "20240101").seeds == {-7: 0, 20240101: 1}
    assert fields_in("repeat", "3", "4").seeds == {}


def test_repeat_comes_before_seed_and_arms_need_a_phase() -> None:
    found = fields_in("seed,repeat,phase,arm,block", "1,2,confirm,claim,7")
    assert {name: source.column.written for name, source in found.sources.items()} == {
        **{name: name for name in ("repeat", "phase", "arm", "block")}
    }


def test_a_mirrored_trial_says_how_many_of_its_runs_diverged() -> None:
    found = fields_in("golden_trial,runs,diverged,phase", "0,2,2,map", "1,2,1,map")
    assert {"runs", "diverged", "trial"} <= {*found.sources}
    assert found.sources["diverged"].read("2") == 2
