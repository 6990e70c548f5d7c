"""Sentences beside a verdict: what does not count, and what was assumed."""

from __future__ import annotations

from typing import Any

import pytest
from own_trainers import document

from studies.foreign.notes import ignored_note, notes_on
from studies.foreign.same_rows import ALIKE
from studies.foreign.table import TrialTable, table_of


def table(**more: Any) -> TrialTable:
    rows = [{"eta": 0.01 * (i + 1), "alpha": 0.5, "value": 0.9 + i / 100} for i in range(7)]
    return table_of({"rows": rows, **more})


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        ({}, ""),
        ({"PRUNED": 3, "KILLED": 1}, "Left out, since not complete: 3 PRUNED, 1 KILLED."),
        ({"FAIL": 2}, "Left out, since not complete: 2 FAIL; if they failed because they diverged, count them so"),
        ({"without momentum": 1_234}, "Left out: 1,234 without momentum."),
        ({"without a value": 2}, "Left out: 2 without a value; --failed-as-diverged counts runs without a value"),
        ({"PRUNED": 1, "exact copies": 2}, "Left out, since not complete: 1 PRUNED. Left out: 2 exact copies."),
        ({ALIKE: 5}, "copies, or a training without chance. They count once"),
    ],
)
def test_rows_that_do_not_count(left_out: dict[str, int], said: str) -> None:
    found = " ".join(note for note in notes_on(table(claim={}), left_out) if note)
    assert said in found
    assert bool(said) == bool(found)


def test_a_claim_that_nobody_named_is_said_to_be_the_golden_one() -> None:
    assert any("No claim is named, so the golden point" in note for note in notes_on(table(), {}))


def test_ignored_columns_are_named_and_many_are_counted() -> None:
    assert ignored_note(()) == ""
    assert ignored_note(("a", "b")) == "Columns that no verdict reads: a, b."
    assert ignored_note([f"c{i}" for i in range(25)]).endswith("c19 and 5 more.")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([0.95123456] * 4, "All 4 trainings at eta = 0.016, alpha = 0.874 came to 0.951235, on different seeds: "),
        ([0.951, 0.953, 0.949, 0.95], ""),
    ],
)
def test_planned_trainings_that_do_not_vary_with_their_seeds_are_noted(values: list[float], said: str) -> None:
    own = {"phase": "map", "loss": "own", "context": "mine"}
    rows = [{"eta": 1e-3 * (i + 1), "alpha": 0.5, "value": 0.9 - i / 91, "trial": 9 + i, **own} for i in range(7)]
    rows += [
        {"eta": 0.016, "alpha": 0.874, "value": v, "trial": i, "arm": "claim", **own} for i, v in enumerate(values)
    ]
    found = [note for note in notes_on(table_of({"rows": rows, "document": document()}), {}) if "on different" in note]
    assert [note[: len(said)] for note in found] == ([said] if said else [])
