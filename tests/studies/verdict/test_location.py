"""The optimum's place on planted landscapes: region, posterior, tests, and what thin data leave unknown."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from studies.calibration.landscapes import SCENARIOS
from studies.coordinates import to_vu
from studies.verdict.location import NOWHERE, OTHER_FACTORS, Location, locate
from studies.verdict.model import LEVEL, Evidence
from studies.verdict.neighbourhood import centre, inside, prior_share
from studies.verdict.rows import sample_of

Select = Callable[[Evidence, NDArray[np.bool_]], Evidence]


def _located(evidence: Evidence) -> Location:
    return locate(sample_of(evidence), rng=np.random.default_rng(evidence.seed))


@pytest.fixture(scope="module")
def near(supported: Evidence) -> Location:
    return _located(supported)


@pytest.fixture(scope="module")
def far(refuted: Evidence) -> Location:
    return _located(refuted)


def test_the_region_holds_the_planted_optimum_and_leaves_the_distant_claim_out(
    near: Location, far: Location, refuted: Evidence
) -> None:
    for location, truth in ((near, SCENARIOS["A"]), (far, SCENARIOS["E"])):
        p = location.p_at(np.array([[truth.v, truth.u]]))
        assert p is not None and p[0] > LEVEL
        assert location.eta.low is not None and location.eta.high is not None
        assert location.eta.low <= math.exp(truth.v) <= location.eta.high
    p = far.p_at(centre(refuted.claim)[None, :])
    assert p is not None and p[0] <= LEVEL
    assert far.p_claim == pytest.approx(p[0], abs=0.02)


def test_the_tests_of_place_are_largest_p_values_on_their_sides_of_the_border(near: Location, far: Location) -> None:
    assert near.p_in is not None and near.p_out is not None and near.p_claim is not None
    assert near.p_in <= LEVEL < near.p_claim <= near.p_out
    assert far.p_in is not None and far.p_out is not None
    assert far.p_out <= LEVEL < far.p_in


def test_the_estimate_lies_in_the_region_and_the_intervals_are_its_marginals(
    near: Location, supported: Evidence
) -> None:
    region = near.region
    assert region is not None
    p = np.array(region.p, dtype=np.float64)  # None becomes nan, which is above nothing
    rows, columns = np.nonzero(p > LEVEL)
    etas, alphas = np.exp(np.array(region.v)[columns]), -np.expm1(-np.array(region.u)[rows])
    for interval, values in ((near.eta, etas), (near.alpha, alphas)):
        assert interval.low is not None and interval.high is not None and interval.estimate is not None
        assert interval.low <= values.min() * (1 + 1e-9) and interval.high >= values.max() * (1 - 1e-9)
        assert interval.low <= interval.estimate <= interval.high
    assert np.isfinite(np.array(region.mean, dtype=np.float64)).all()
    assert supported.space.contains(near.eta.estimate, near.alpha.estimate)  # type: ignore[arg-type]


def test_shares_of_the_posterior_are_those_of_its_draws(near: Location, supported: Evidence) -> None:
    assert near.argmaxes is not None
    assert near.pi_inside == pytest.approx(inside(supported.claim, near.argmaxes).mean())
    assert [width.factor for width in near.other_widths] == list(OTHER_FACTORS)
    for width in near.other_widths:
        claim = supported.claim.model_copy(update={"tolerance_factor": width.factor})
        assert width.pi_inside == pytest.approx(inside(claim, near.argmaxes).mean())
        assert width.prior_inside == pytest.approx(prior_share(claim, supported.space))


def test_a_larger_margin_is_harder_to_exceed(far: Location) -> None:
    p_values = [far.p_regret(margin) for margin in (0.0, 0.1, 10.0)]
    assert p_values[0] is not None and p_values[0] <= LEVEL
    assert p_values[2] == pytest.approx(1.0)
    assert p_values == sorted(p_values, key=lambda p: p or 0.0)
    assert far.p_regret(None) is None


def test_adaptive_points_have_a_posterior_and_no_surface(supported: Evidence) -> None:
    found = _located(replace(supported, fixed_design=False))
    assert (found.surface, found.p_in, found.regret, found.ridge_drops) == (None, None, None, ())
    assert found.eta.low is not None and found.pi_inside is not None
    assert found.region is not None and {p for row in found.region.p for p in row} == {None}
    assert found.p_at(centre(supported.claim)[None, :]) is None
    assert found.p_regret(0.1) is None


@pytest.mark.parametrize("count", [0, 5])
def test_few_runs_say_nothing_about_the_place(supported: Evidence, select: Select, count: int) -> None:
    assert _located(select(supported, np.arange(len(supported.runs)) < count)) is NOWHERE
    assert (NOWHERE.eta.estimate, NOWHERE.region, NOWHERE.p_regret(0.1)) == (None, None, None)


def test_the_map_alone_places_the_optimum_less_exactly(supported: Evidence, select: Select, near: Location) -> None:
    alone = _located(select(supported, supported.runs.phase == "map"))
    widths = []
    for found in (near, alone):
        rate = found.effective_rate
        assert rate.low is not None and rate.high is not None
        widths.append(math.log(rate.high / rate.low))
    assert widths[0] < widths[1]
    v, u = to_vu(supported.claim.eta, supported.claim.alpha)
    assert near.kappa.low is not None and near.kappa.high is not None
    assert near.kappa.low <= float(v + 2 * u) <= near.kappa.high
