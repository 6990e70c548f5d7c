"""One row an epoch: the last one of each run counts."""

from __future__ import annotations

import pytest

from studies.foreign.dialect import csv_records
from studies.foreign.histories import history_of
from studies.foreign.names import column_of

POINTS = [("0.1", "0.5"), ("0.2", "0.6"), ("0.3", "0.7")]


def kept(header: str, lines: list[str]) -> list[str] | None:
    """The lines that remain; None where the table has no history."""
    records = csv_records("\n".join((header, *lines)).encode())
    columns = [column_of(i, name) for i, name in enumerate(records.columns)]
    named = {column.plain: column for column in columns}
    apart = [named["seed"]] if "seed" in named else []
    found = history_of(records, columns, [named["eta"], named["alpha"]], apart)
    return None if found is None else [line for i, line in enumerate(lines) if i not in found.earlier]


@pytest.mark.parametrize("step", ["epoch", "step", "training_iteration", "_step", "global_step", "Epoch"])
def test_the_last_row_of_each_point_stays(step: str) -> None:
    lines = [f"{eta},{alpha},{epoch},0.{epoch}" for eta, alpha in POINTS for epoch in (1, 2, 3)]
    assert kept(f"eta,alpha,{step},accuracy", lines) == [f"{eta},{alpha},3,0.3" for eta, alpha in POINTS]


def test_rows_in_any_order() -> None:
    lines = [f"{eta},{alpha},{epoch},0.{epoch}" for epoch in (3, 1, 2) for eta, alpha in POINTS]
    assert kept("eta,alpha,epoch,accuracy", lines) == [f"{eta},{alpha},3,0.3" for eta, alpha in POINTS]


@pytest.mark.parametrize("identity", ["trial_id", "run_id", "Name", "Run ID", "run"])
def test_runs_of_one_point_are_told_apart_by_what_tools_call_them(identity: str) -> None:
    lines = [f"r{r},0.1,0.5,{epoch},0.{r}{epoch}" for r in (0, 1) for epoch in range(1, 4 + r)]
    assert kept(f"{identity},eta,alpha,epoch,accuracy", lines) == ["r0,0.1,0.5,3,0.03", "r1,0.1,0.5,4,0.14"]


def test_runs_of_one_point_are_told_apart_by_seeds_and_by_order() -> None:
    seeds = [f"0.1,0.5,{seed},{epoch},0.{epoch}" for seed in (7, 8) for epoch in (1, 2)]
    assert kept("eta,alpha,seed,epoch,accuracy", seeds) == ["0.1,0.5,7,2,0.2", "0.1,0.5,8,2,0.2"]
    one_after_another = [f"0.1,0.5,{epoch},0.{r}{epoch}" for r in (0, 1) for epoch in (1, 2, 3)]
    assert kept("eta,alpha,epoch,accuracy", one_after_another) == ["0.1,0.5,3,0.03", "0.1,0.5,3,0.13"]
    side_by_side = [f"0.1,0.5,{epoch},0.{r}{epoch}" for epoch in (1, 2, 3) for r in (0, 1)]
    assert kept("eta,alpha,epoch,accuracy", side_by_side) == ["0.1,0.5,3,0.03", "0.1,0.5,3,0.13"]


def test_an_index_that_numbers_rows_does_not_hide_a_history() -> None:
    lines = [f"{i},{POINTS[i // 3][0]},{POINTS[i // 3][1]},{i % 3},0.{i}" for i in range(9)]
    found = kept("id,eta,alpha,epoch,accuracy", lines)
    assert found is not None and len(found) == 3


@pytest.mark.parametrize(
    ("header", "lines"),
    [
        ("eta,alpha,epoch,accuracy", [f"{eta},{alpha},20,0.9" for eta, alpha in POINTS]),
        ("eta,alpha,epoch,accuracy", [f"{eta},{alpha},{10 + i},0.9" for i, (eta, alpha) in enumerate(POINTS)]),
        ("eta,alpha,params_epoch,accuracy", [f"{eta},{alpha},{e},0.{e}" for eta, alpha in POINTS for e in (1, 2)]),
        ("eta,alpha,note,accuracy", [f"{eta},{alpha},{e},0.{e}" for eta, alpha in POINTS for e in (1, 2)]),
        (
            "Name,eta,alpha,epoch,accuracy",
            ["a,0.1,0.5,17,0.9", "b,0.1,0.5,23,0.8", "c,0.2,0.5,9,0.7", "d,.3,.5,20,0.7"],
        ),
    ],
    ids=["one length", "early stops", "a setting", "no epoch", "replicates that stopped early"],
)
def test_what_is_no_history(header: str, lines: list[str]) -> None:
    assert kept(header, lines) is None
