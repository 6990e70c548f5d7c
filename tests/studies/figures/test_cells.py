"""Runs gathered by point: what a cell counts, and which one leads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from studies.figures.cells import best, cells, is_claim
from studies.records import Runs

MakeRuns = Callable[..., Runs]


def test_cells_gather_replicates_of_one_point(make_runs: MakeRuns) -> None:
    runs = make_runs()
    claim = next(c for c in cells(runs, "accuracy") if is_claim(c))
    rows = runs.arm == "claim"
    assert claim.runs == 14
    assert claim.value == pytest.approx(runs.accuracy[rows].mean())
    assert set(claim.phases) == {"map", "confirm"}


def test_best_never_is_a_diverged_cell(make_runs: MakeRuns) -> None:
    runs = make_runs()
    leader = best(cells(runs, "accuracy"), "accuracy")
    assert leader is not None
    assert leader.diverged == 0
    smallest = best(cells(runs, "cross_entropy"), "cross_entropy")
    assert smallest is not None
    assert smallest.value == pytest.approx(runs.cross_entropy[~runs.diverged].min(), abs=0.05)


def test_cells_come_in_order_of_first_appearance_and_none_of_no_runs(make_runs: MakeRuns) -> None:
    runs = make_runs(5)
    found = cells(runs, "accuracy")
    assert [cell.trials[0] for cell in found] == sorted(cell.trials[0] for cell in found)
    assert sum(cell.runs for cell in found) == len(runs)
    assert cells(runs.where(np.zeros(len(runs), dtype=bool)), "accuracy") == ()
    assert best((), "accuracy") is None


def test_a_cell_whose_runs_all_diverged_has_no_value(make_runs: MakeRuns) -> None:
    runs = make_runs(3)
    (cell, *_) = cells(
        replace(runs, diverged=np.ones(len(runs), dtype=bool), cause=np.full(len(runs), "chance")), "accuracy"
    )
    assert (cell.value, cell.diverged) == (None, cell.runs)
