"""Exact binomial intervals against published and independent values."""

from __future__ import annotations

import pytest
from scipy.stats import beta

from studies.calibration.shares import share, upper_bound


def test_exact_interval_equals_published_values() -> None:
    """Clopper-Pearson for 0 of 20 and 15 of 148 (Newcombe 1998, Table II, exact)."""
    none, some = share(0, 20), share(15, 148)
    assert (none.low, none.high) == (0.0, pytest.approx(0.1684, abs=1e-4))
    assert (some.low, some.high) == (pytest.approx(0.0578, abs=1e-4), pytest.approx(0.1617, abs=1e-4))
    assert share(0, 0).estimate is None


@pytest.mark.parametrize(("count", "trials", "expected"), [(0, 200, 0.0149), (0, 60, 0.0487), (3, 3, 1.0)])
def test_upper_bound_is_exact(count: int, trials: int, expected: float) -> None:
    assert upper_bound(count, trials) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(("count", "n"), [(0, 1), (1, 1), (0, 1300), (3, 100), (92, 100), (261, 300), (100, 100)])
def test_intervals_are_quantiles_of_the_beta_distribution(count: int, n: int) -> None:
    found = share(count, n)
    assert found.low == pytest.approx(beta.ppf(0.025, count, n - count + 1) if count else 0.0, abs=1e-9)
    assert found.high == pytest.approx(beta.ppf(0.975, count + 1, n - count) if count < n else 1.0, abs=1e-9)
    one_sided = beta.ppf(0.95, count + 1, n - count) if count < n else 1.0
    assert upper_bound(count, n) == pytest.approx(one_sided, abs=1e-9)


def test_nothing_measured_bounds_nothing() -> None:
    assert (share(0, 0).low, share(0, 0).high, upper_bound(0, 0)) == (None, None, 1.0)
