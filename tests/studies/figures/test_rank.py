"""Trials by rank."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from studies.figures.rank import rank_figure, rank_info, rank_table
from studies.language.claim import Claim
from studies.language.space import SearchSpace
from studies.records import Runs

MakeRuns = Callable[..., Runs]


@pytest.mark.parametrize("objective", ["accuracy", "cross_entropy"])
def test_the_best_trial_is_first_whatever_the_direction(make_runs: MakeRuns, objective: str) -> None:
    runs = make_runs()
    info = rank_info(runs, Claim(), SearchSpace(), objective=objective)
    values = info.ranked.value.tolist()
    assert values == sorted(values, reverse=objective == "accuracy")
    assert (info.better_than[0], info.better_than[-1]) == (1.0, 0.0)
    assert len(info.failed) == int(runs.diverged.sum())


def test_the_table_ranks_what_has_a_value_and_counts_the_rest(make_runs: MakeRuns) -> None:
    runs = make_runs()
    table = rank_table(rank_info(runs, Claim(), SearchSpace(), objective="accuracy"))
    ranks = [row[0] for row in table.rows]
    known = len(runs) - int(runs.diverged.sum())
    assert ranks == [*range(1, known + 1), *[None] * int(runs.diverged.sum())]
    assert table.records[0].keys() >= {"rank", "trial", "eta", "alpha", "value", "outcome"}
    assert f"of {known} trials have η from" in table.said
    assert f"{int(runs.diverged.sum())} more trials have no value" in table.said


def test_the_best_are_drawn_on_top_and_failures_by_their_signs(make_runs: MakeRuns) -> None:
    figure = rank_figure(rank_info(make_runs(), Claim(), SearchSpace(), objective="accuracy"))
    measured, failed, claim = figure.data
    assert list(measured.marker.color) == sorted(measured.marker.color)
    assert "rank 1 of" in measured.hovertext[-1]
    assert (failed.name, claim.name) == ("diverged", "claim")


def test_where_every_trial_failed_the_table_says_so(make_runs: MakeRuns) -> None:
    runs = make_runs()
    info = rank_info(runs.where(runs.diverged), Claim(), SearchSpace(), objective="accuracy")
    assert info.said == "No trial has a value: all of them ended at chance."
    assert np.isnan(info.failed.value).all()
