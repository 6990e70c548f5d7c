from __future__ import annotations

import math

import numpy as np
import pytest

from studies.calibration.landscapes import GOLDEN_U, GOLDEN_V
from studies.language.claim import Claim
from studies.language.parameters import PAPER
from studies.language.space import SearchSpace
from studies.verdict.region import coefficient_draws
from studies.verdict.ridge import bayes_factor, ridge_drops
from studies.verdict.surface import Surface, fit_surface
from studies.verdict.zone import Zone

CURVATURE = 0.4
TRUE_DROP = CURVATURE * math.log(2.0) ** 2 / 2
EVERYWHERE = Zone(SearchSpace(), None, -np.inf, 5.0)


def _planted(noise: float, rng: np.random.Generator, *, centre_u: float = GOLDEN_U) -> Surface:
    """A quadratic along the ridge of constant effective rate, its best u at `centre_u`."""
    v, u = rng.uniform(-1.5, 1.5, (2, 120))
    points = np.column_stack([GOLDEN_V + v, GOLDEN_U + u])
    across = points.sum(axis=1) - GOLDEN_V - GOLDEN_U
    y = -0.5 * across**2 - 0.5 * CURVATURE * (points[:, 1] - centre_u) ** 2
    return fit_surface(PAPER.to_fit(points), y + noise * rng.normal(size=120), degree=2)


def test_drops_are_those_of_a_surface_that_is_known() -> None:
    surface = _planted(0.0, np.random.default_rng(1))
    drops = ridge_drops(surface, np.zeros((5, 4)), claim=Claim(), zone=EVERYWHERE, best_u=GOLDEN_U)
    assert [math.log((1 - Claim().alpha) / (1 - d.alpha)) for d in drops] == pytest.approx([-math.log(2), math.log(2)])
    for drop in drops:
        assert drop.drop.estimate == pytest.approx(TRUE_DROP, abs=2e-3), "v is taken from a lattice"
        assert drop.drop.low == drop.drop.high == drop.drop.estimate


def test_intervals_hold_the_drop_as_often_as_they_say() -> None:
    rng, held, studies = np.random.default_rng(2), 0, 200
    for _ in range(studies):
        surface = _planted(0.2, rng)
        errors = coefficient_draws(surface, count=300, rng=rng)
        drop = ridge_drops(surface, errors, claim=Claim(), zone=EVERYWHERE, best_u=GOLDEN_U)[1].drop
        assert drop.low is not None and drop.high is not None
        held += drop.low <= TRUE_DROP <= drop.high
    assert abs(held / studies - 0.95) <= 0.05


def test_alpha_that_does_not_matter_costs_nothing() -> None:
    rng = np.random.default_rng(3)
    points = np.column_stack([GOLDEN_V + rng.uniform(-1.5, 1.5, 120), GOLDEN_U + rng.uniform(-1.5, 1.5, 120)])
    flat = -0.5 * (points.sum(axis=1) - GOLDEN_V - GOLDEN_U) ** 2
    surface = fit_surface(PAPER.to_fit(points), flat, degree=2)
    for drop in ridge_drops(surface, np.zeros((5, 4)), claim=Claim(), zone=EVERYWHERE, best_u=GOLDEN_U):
        assert drop.drop.estimate == pytest.approx(0.0, abs=2e-3)


def test_edges_beyond_the_box_are_left_out() -> None:
    surface = _planted(0.0, np.random.default_rng(1))
    low = Claim(alpha=0.3, curve="none")
    (drop,) = ridge_drops(surface, np.zeros((5, 4)), claim=low, zone=EVERYWHERE, best_u=GOLDEN_U)
    assert drop.alpha == pytest.approx(0.65)


def test_edges_beyond_the_zone_have_no_interval() -> None:
    class Narrow(Zone):
        def contains(self, points: np.ndarray) -> np.ndarray:
            return np.asarray(np.abs(points[:, 1] - GOLDEN_U) < 0.1)

    narrow = Narrow(SearchSpace(), None, -np.inf, 5.0)
    surface = _planted(0.0, np.random.default_rng(1))
    drops = ridge_drops(surface, np.zeros((5, 4)), claim=Claim(), zone=narrow, best_u=GOLDEN_U)
    assert [drop.drop.estimate for drop in drops] == [None, None]


def test_bayes_factor_is_the_ratio_of_odds() -> None:
    assert bayes_factor(50, 100, 0.5) == pytest.approx(1.0)
    assert bayes_factor(90, 100, 0.05) == pytest.approx((90.5 / 10.5) * 19.0)
    top = bayes_factor(512, 512, 0.0518)
    assert top is not None
    assert math.isfinite(top)
    assert (bayes_factor(3, 10, 0.0), bayes_factor(3, 10, 1.0)) == (None, None)
