"""Mean, deviation, median and interval of a row, with and without censored runs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from studies.comparison.samples import Sample
from studies.comparison.summary import summary


def sample(values: list[float], censored: list[bool] | None = None) -> Sample:
    lost = np.array(censored if censored is not None else [False] * len(values), dtype=np.bool_)
    return Sample(np.arange(len(values)), np.array(values, dtype=np.float64), lost)


def test_the_interval_is_students() -> None:
    values = [0.77, 0.81, 0.69, 0.92, 0.74]
    found = summary("epochs_to_target", sample(values))
    low, high = stats.t.interval(0.95, 4, loc=np.mean(values), scale=stats.sem(values))
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))
    assert (found.n, found.reached, found.at_least) == (5, 5, False)
    assert (found.mean, found.sd) == (pytest.approx(np.mean(values)), pytest.approx(np.std(values, ddof=1)))
    assert found.median == 0.77


def test_a_censored_run_makes_the_mean_a_lower_bound_and_leaves_the_median() -> None:
    found = summary("epochs_to_target", sample([3.0, 30.0, 5.0, 4.0], [False, True, False, False]))
    assert (found.n, found.reached, found.censored, found.at_least) == (4, 3, 1, True)
    assert (found.mean, found.median, found.high) == (10.5, 4.5, None)
    assert found.low is not None and found.low < 10.5


def test_the_median_is_unknown_where_a_run_in_the_middle_is_censored() -> None:
    found = summary("epochs_to_target", sample([3.0, 30.0, 30.0, 4.0], [False, True, True, False]))
    assert (found.mean, found.median) == (16.75, None)
    last = summary("epochs_to_target", sample([30.0, 30.0, 4.0, 5.0, 30.0], [False, True, False, False, True]))
    assert last.median == 30.0  # of two that ended at the cap, the one that arrived there


def test_more_than_half_censored_is_no_mean() -> None:
    found = summary("epochs_to_target", sample([30.0, 30.0, 5.0], [True, True, False]))
    assert (found.n, found.reached) == (3, 1)
    assert (found.mean, found.sd, found.median, found.low, found.high) == (None,) * 5


def test_one_run_has_no_interval_and_none_has_nothing() -> None:
    one = summary("accuracy", sample([0.9]))
    assert (one.n, one.mean, one.sd, one.low, one.reached) == (1, 0.9, None, None, None)
    none = summary("accuracy", sample([]))
    assert (none.n, none.mean, none.median) == (0, None, None)
    assert none.interval.estimate is None


def test_the_interval_covers_the_mean() -> None:
    rng, studies = np.random.default_rng(11), 2000
    covered = 0
    for _ in range(studies):
        found = summary("cpu_seconds", sample(list(np.exp(rng.normal(0.0, 0.25, 6)))))
        assert found.low is not None and found.high is not None
        covered += found.low <= math.exp(0.25**2 / 2) <= found.high
    assert covered / studies >= 0.93
