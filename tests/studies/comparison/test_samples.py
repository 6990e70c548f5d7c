"""Values of runs in the objectives' own units; runs without a value are counted, never dropped."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from measured_arms import FIRST, runs_of

from studies.comparison.samples import samples, seconds_to_target
from studies.records import Cause


def test_a_run_that_never_reached_the_target_counts_at_the_cap() -> None:
    (found,) = samples([runs_of([1.5, None, 0.25])], "epochs_to_target", classes=10, epochs=30)
    assert found.value.tolist() == [1.5, 30.0, 0.25]
    assert found.censored.tolist() == [False, True, False]
    assert found.block.tolist() == [FIRST, FIRST + 1, FIRST + 2]


def test_a_run_that_broke_after_it_arrived_did_not_reach_the_target() -> None:
    (found,) = samples([runs_of([1.5], diverged=[True])], "epochs_to_target", classes=10, epochs=30)
    assert (found.value.tolist(), found.censored.tolist()) == ([30.0], [True])


def test_accuracy_of_a_broken_run_is_chance_and_larger_is_better() -> None:
    (found,) = samples(
        [runs_of([1, None], accuracy=[0.9, 0.3], diverged=[False, True])], "accuracy", classes=10, epochs=3
    )
    assert found.value.tolist() == [0.9, 0.1]
    assert found.larger_is_better and not found.censored.any()


def test_a_broken_runs_loss_is_at_least_the_worst_of_those_that_did_not_break() -> None:
    rows = [
        runs_of([1, None], loss=[0.4, 1e9], diverged=[False, True]),
        runs_of([1, 1], loss=[0.7, 0.2]),
    ]
    first, second = samples(rows, "loss_area", classes=10, epochs=3)
    assert first.value.tolist() == [0.4, 0.7] and first.censored.tolist() == [False, True]
    assert second.value.tolist() == [0.7, 0.2] and not second.censored.any()
    first, _ = samples(rows, "cross_entropy", classes=10, epochs=3)
    assert first.value.tolist() == [0.4, pytest.approx(math.log(10))]


def test_a_run_that_stayed_at_chance_has_a_loss_of_its_own() -> None:
    runs = runs_of([None], loss=[2.31], diverged=[True])
    runs = dataclasses.replace(runs, cause=np.array([Cause.UNTRAINED.value]))
    (found,) = samples([runs], "cross_entropy", classes=10, epochs=3)
    assert (found.value.tolist(), found.censored.tolist()) == ([2.31], [False])


def test_rows_that_all_broke_still_have_values() -> None:
    (found,) = samples([runs_of([None], loss=[np.inf], diverged=[True])], "loss_area", classes=10, epochs=3)
    assert np.isfinite(found.value).all() and found.censored.all()


def test_unknown_cpu_time_is_left_out_and_no_runs_are_no_values() -> None:
    (found,) = samples([runs_of([1.0, 2.0])], "cpu_seconds", classes=10, epochs=3)
    assert len(found) == 0
    assert [len(each) for each in samples([runs_of()], "loss_area", classes=10, epochs=3)] == [0]


def test_a_loss_beyond_all_bounds_has_finite_sums_and_squares() -> None:
    (found,) = samples([runs_of([1, 1], loss=[1e300, -1e308])], "loss_area", classes=10, epochs=3)
    assert np.isfinite(found.value.std(ddof=1)) and not found.censored.any()


def test_where_runs_stop_at_the_target_giving_up_early_is_not_fast() -> None:
    times = [np.array([3.0, 0.5, np.nan]), np.array([5.0, 9.0, 1.0])]
    never = [np.array([False, True, False]), np.array([False, True, False])]
    (first, lost), (second, also) = seconds_to_target(times, never)
    assert (first[:2].tolist(), lost.tolist()) == ([3.0, 5.0], [False, True, False])
    assert np.isnan(first[2])
    assert (second.tolist(), also.tolist()) == ([5.0, 9.0, 1.0], [False, True, False])
    ((nobody, _),) = seconds_to_target([np.array([4.0, 2.0])], [np.array([True, True])])
    assert nobody.tolist() == [4.0, 2.0]
