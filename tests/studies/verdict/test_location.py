"""The optimum's place on planted landscapes: region, posterior, tests, and what thin data leave unknown."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from studies.calibration.landscapes import SCENARIOS
from studies.calibration.simulation import shipped, simulate
from studies.coordinates import to_vu
from studies.verdict.location import NOWHERE, OTHER_FACTORS, Location, locate, map_process
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
    region = near.mapped().region
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


@pytest.fixture(scope="module")
def joined(supported: Evidence) -> Location:
    return _located(replace(supported, analysis=5))


def test_the_joined_region_is_the_union_of_polynomial_and_process(joined: Location, supported: Evidence) -> None:
    assert joined.region_nodes is not None and joined.challengers is not None
    assert joined.likely is not None and joined.region is not None
    by_polynomial = replace(joined, likely=None).p_at(joined.challengers)
    assert by_polynomial is not None
    clear = np.abs(by_polynomial - LEVEL) > 0.02  # p-values of few draws, elsewhere
    member = np.maximum(by_polynomial, joined.likely.p_values(joined.challengers)) > LEVEL
    nodes = {tuple(node) for node in joined.region_nodes.tolist()}
    assert all(
        (tuple(point) in nodes) == bool(is_member)
        for point, is_member in zip(joined.challengers[clear].tolist(), member[clear].tolist(), strict=True)
    )
    p = np.array(joined.region.p, dtype=np.float64)
    on_map = {(v, u) for v, u in nodes if v in joined.region.v and u in joined.region.u}
    assert int((p > LEVEL).sum()) == len(on_map), "the figure shades the region's own nodes"


def test_tests_and_intervals_of_the_joined_region_are_its_own(joined: Location, supported: Evidence) -> None:
    assert joined.region_nodes is not None and joined.p_in is not None and joined.p_out is not None
    within = inside(supported.claim, joined.region_nodes)
    assert within.all() and joined.p_in <= LEVEL < joined.p_out
    assert joined.open_sides == () and joined.contradicts is False
    for interval, values in (
        (joined.eta, np.exp(joined.region_nodes[:, 0])),
        (joined.alpha, -np.expm1(-joined.region_nodes[:, 1])),
    ):
        assert interval.low is not None and interval.high is not None and interval.estimate is not None
        assert interval.low <= values.min() <= interval.estimate <= values.max() <= interval.high
    p = joined.p_at(np.array([[SCENARIOS["A"].v, SCENARIOS["A"].u], [-0.1, 4.5]]))
    assert p is not None and p[0] > LEVEL and p[1] == 0.0


def test_the_joined_region_of_an_optimum_at_the_edge_names_the_side(supported: Evidence, select: Select) -> None:
    at_low_rates = replace(SCENARIOS["A"], v=supported.space.v_bounds[0])
    evidence = simulate(at_low_rates, np.random.default_rng(3), shipped(4))
    found = _located(select(replace(evidence, analysis=5, space=supported.space), evidence.runs.phase != "widen"))
    assert found.region is not None and "eta low" in found.open_sides
    p = np.array(found.region.p, dtype=np.float64)
    touched = {"eta low": p[:, 0], "eta high": p[:, -1], "alpha high": p[-1, :]}
    assert set(found.open_sides) == {side for side, cells in touched.items() if (cells > LEVEL).any()}


def test_adaptive_points_have_a_joined_region_by_the_process_and_no_tests(supported: Evidence) -> None:
    found = _located(replace(supported, analysis=5, fixed_design=False))
    assert (found.surface, found.p_in, found.p_out, found.agreement) == (None, None, None, None)
    assert found.region_nodes is not None and len(found.region_nodes) > 0
    assert found.good(0.1) is not None


def test_the_good_part_is_known_where_both_methods_are(joined: Location, near: Location) -> None:
    part = joined.good(0.115)
    assert part is not None and part.share.low is not None and part.share.high is not None
    u, v = np.meshgrid(np.linspace(0.0, -math.log(0.01), 161), np.linspace(math.log(10**-3.5), 0.0, 241))
    true = float((SCENARIOS["A"].height(v, u) > -0.115).mean())
    assert part.share.low <= true <= part.share.high
    assert near.good(0.115) is None and joined.good(None) is None and NOWHERE.good(0.1) is None


@pytest.mark.parametrize("analysis", [4, 5])
def test_the_process_of_a_map_is_made_anew_without_any_test(supported: Evidence, analysis: int, select: Select) -> None:
    evidence = replace(supported, analysis=analysis)
    found, again = _located(evidence), map_process(evidence)
    assert found.process is not None and again is not None
    nodes = found.axes.to_fit(found.challengers if found.challengers is not None else np.empty((0, 2)))
    assert len(nodes) > 0 and again.mean(nodes).tolist() == found.process.mean(nodes).tolist()
    assert again.noise == found.process.noise
    assert map_process(select(evidence, np.arange(len(evidence.runs)) < 3)) is None, "too thin"
