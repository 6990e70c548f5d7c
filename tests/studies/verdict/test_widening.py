"""The rule that widens a box: when, which sides, how far, once; and the points that fill the strip."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from studies.calibration.landscapes import GOLDEN_U, GOLDEN_V, SCENARIOS, Scenario
from studies.calibration.simulation import shipped, simulate
from studies.coordinates import to_vu
from studies.language.phases import Phase
from studies.language.space import AlphaRange, EtaRange, SearchSpace
from studies.records import Runs
from studies.verdict.decide import decide_sweep
from studies.verdict.model import Evidence
from studies.verdict.neighbourhood import in_box, prior_share
from studies.verdict.widening import most_points, replayed, strip_points, strip_size, widened
from studies.verdict.zone import find_zone

Select = Callable[[Evidence, NDArray[np.bool_]], Evidence]
ROOT10 = math.sqrt(10.0)
BOX = SearchSpace(eta=EtaRange(low=1e-3, high=0.3), alpha=AlphaRange(low=0.5, high=0.97))

BEYOND = Scenario("beyond", "eta = 2, beyond the default box", math.log(2.0), GOLDEN_U, 0.2)


def planted(
    v: float, u: float, *, space: SearchSpace = BOX, zoom: int = 0, widen: bool = False, seed: int = 3
) -> Evidence:
    """A map, and perhaps a zoom, of a round hill on top of (v, u)."""
    hill = Scenario("hill", "a round hill", v, u, 0.8, slope=0.8, sharpness=0.05, ridge=0.0)
    spec = shipped(4, zoom_points=zoom, confirm_blocks=2, widen=widen).model_copy(update={"search_space": space})
    return unconfirmed(simulate(hill, np.random.default_rng(seed), spec))


def unconfirmed(evidence: Evidence) -> Evidence:
    """The sweep as it was before its confirmation."""
    kept = np.isin(evidence.runs.phase, ("map", "widen", "zoom"))
    done = tuple(phase for phase in evidence.phases_done if phase not in ("confirm", "controls"))
    return replace(evidence, runs=evidence.runs.where(kept), phases_done=done)


def beyond(*, widen: bool) -> Evidence:
    """A whole study of an optimum beyond the default box."""
    return simulate(BEYOND, np.random.default_rng(4), shipped(4, widen=widen))


def bounds(space: SearchSpace) -> tuple[float, float, float, float]:
    return space.eta.low, space.eta.high, 1.0 - space.alpha.low, 1.0 - space.alpha.high


@pytest.mark.parametrize(
    ("side", "eta", "alpha"),
    [(0, 6e-4, 0.87), (1, 0.5, 0.87), (2, 0.016, 0.2), (3, 0.016, 0.983)],
    ids=["eta low", "eta high", "alpha low", "alpha high"],
)
@pytest.mark.parametrize("zoom", [0, 48])
def test_the_side_that_the_optimum_presses_on_moves_out_and_no_other(
    side: int, eta: float, alpha: float, zoom: int
) -> None:
    v, u = to_vu(eta, alpha)
    wider = widened(planted(float(v), float(u), zoom=zoom, seed=5))
    assert wider is not None
    factors = [there / here for here, there in zip(bounds(BOX), bounds(wider), strict=True)]
    expected = [1.0, 1.0, 1.0, 1.0]
    expected[side] = [1 / ROOT10, ROOT10, 2.0, 1 / ROOT10][side]  # alpha stops at 0: 1 - alpha grows from 0.5 to 1
    assert factors == pytest.approx(expected)
    assert wider.alpha.low == (0.0 if side == 2 else 0.5)


def test_an_optimum_well_inside_leaves_the_box_as_it_is() -> None:
    assert widened(planted(GOLDEN_V, GOLDEN_U)) is None
    assert widened(planted(GOLDEN_V, GOLDEN_U, zoom=48)) is None


def test_natural_limits_are_no_edges() -> None:
    no_momentum = SearchSpace(eta=EtaRange(low=1e-3, high=10.0), alpha=AlphaRange(low=0.0, high=0.97))
    assert widened(planted(-2.0, -0.5, space=no_momentum)) is None
    largest = SearchSpace(eta=EtaRange(low=1e-3, high=100.0))
    assert widened(planted(math.log(200.0), 2.0, space=largest)) is None


def test_a_side_stops_where_the_study_language_ends() -> None:
    wider = widened(planted(5.0, 2.0, space=SearchSpace(eta=EtaRange(low=1e-3, high=50.0))))
    assert wider is not None
    assert wider.eta.high == 100.0


def test_a_narrow_box_moves_by_half_its_width_at_most() -> None:
    narrow = SearchSpace(eta=EtaRange(low=0.01, high=0.02), alpha=AlphaRange(low=0.8, high=0.9))
    v, u = to_vu(0.05, 0.85)
    wider = widened(planted(float(v), float(u), space=narrow))
    assert wider is not None
    assert wider.eta.high == pytest.approx(0.02 * math.sqrt(2.0))


@pytest.mark.parametrize("count", [0, 5])
def test_too_few_runs_and_constant_responses_widen_nothing(select: Select, count: int) -> None:
    evidence = planted(1.0, 2.0)
    assert widened(select(evidence, np.arange(len(evidence.runs)) < count)) is None
    assert widened(replace(evidence, runs=replace(evidence.runs, correct=np.full(len(evidence.runs), 7)))) is None


def test_the_rule_repeats_by_seed_and_reads_neither_confirm_nor_controls() -> None:
    evidence = planted(1.0, 2.0)
    assert widened(evidence) == widened(evidence) is not None
    spec = shipped(4, confirm_blocks=2, widen=False)
    full = simulate(SCENARIOS["O"], np.random.default_rng([5, 79, 1]), spec)
    assert widened(full) == widened(unconfirmed(full))


def test_a_sweep_is_widened_once_even_if_the_optimum_lies_farther_out() -> None:
    evidence = planted(0.7, 2.0, zoom=48, widen=True)
    assert evidence.phases_done == (Phase.MAP, Phase.WIDEN, Phase.ZOOM)
    assert evidence.is_widened
    assert evidence.space.eta.high == pytest.approx(0.3 * ROOT10)
    assert widened(evidence) is None
    assert replayed(evidence, BOX) == evidence.space


def test_a_box_widened_late_is_found_again_after_further_looks() -> None:
    evidence = planted(-1.5, 2.0, zoom=48, widen=True, seed=0)
    assert evidence.phases_done == (Phase.MAP, Phase.ZOOM, Phase.WIDEN)
    assert replayed(evidence, BOX) == evidence.space != BOX
    runs = evidence.runs
    zoom = runs.where((runs.phase == Phase.ZOOM) & (runs.eta < 0.1))
    best = replace(zoom, trial=zoom.trial + 1000, correct=zoom.n_test, accuracy=np.ones(len(zoom)))  # none on the edge
    joined = {f.name: np.concatenate([getattr(runs, f.name), getattr(best, f.name)]) for f in fields(Runs)}
    extended = replace(evidence, runs=Runs(**joined), looks=2)
    assert replayed(extended, BOX) == evidence.space
    assert replayed(replace(extended, looks=1), BOX) != evidence.space, "had they been there at the time"


def test_no_look_is_taken_before_its_phase_is_over_or_where_nothing_followed() -> None:
    evidence = planted(1.0, 2.0)
    assert widened(evidence) is not None
    assert replayed(evidence, BOX) is None, "the map is over, but its edge has not been looked at"
    assert replayed(replace(evidence, phases_done=()), BOX) is None
    ignored = planted(1.0, 2.0, zoom=48)
    assert replayed(ignored, BOX) == widened(evidence), "it was due after the map"


def test_strip_points_fill_the_strip_at_the_maps_density() -> None:
    evidence = planted(-0.7, 2.0)
    wider = widened(evidence)
    assert wider is not None
    eta, alpha = strip_points(evidence, wider, map_points=64, zoom_points=128, seed=9)
    points = np.column_stack(to_vu(eta, alpha))
    assert in_box(wider, points).all()
    assert not in_box(BOX, points).any()
    old = math.log(0.3 / 1e-3) * math.log(0.5 / 0.03)
    new = math.log(0.3 * ROOT10 / 1e-3) * math.log(0.5 / 0.03)
    assert len(eta) == math.ceil(64 * (new / old - 1)) == strip_size(BOX, wider, 64)
    assert len(np.unique(points, axis=0)) == len(points)
    again = strip_points(evidence, wider, map_points=64, zoom_points=128, seed=9)
    np.testing.assert_array_equal(eta, again[0])
    assert not np.array_equal(eta, strip_points(evidence, wider, map_points=64, zoom_points=128, seed=10)[0])


def test_after_the_zoom_the_promising_part_of_the_strip_gets_the_zooms_density_too() -> None:
    evidence = unconfirmed(beyond(widen=False))
    wider, box = widened(evidence), evidence.space
    assert wider is not None
    eta, alpha = strip_points(evidence, wider, map_points=64, zoom_points=128, seed=9)
    points, few = np.column_stack(to_vu(eta, alpha)), strip_size(box, wider, 64)
    assert few < len(points) <= most_points(box, map_points=64, zoom_points=128)
    assert not in_box(box, points).any()
    assert len(np.unique(points, axis=0)) == len(points)
    zone = find_zone(replace(evidence, space=wider))
    assert zone.contains(points[few:]).all()
    assert not zone.contains(points[:few]).all(), "the zone must leave some of the strip for this test to tell"


def test_an_optimum_beyond_the_box_is_found_in_the_wider_one() -> None:
    with_rule, without = beyond(widen=True), beyond(widen=False)
    assert with_rule.space.eta.high == pytest.approx(ROOT10)
    found, missed = decide_sweep(with_rule), decide_sweep(without)
    assert found.eta.low is not None and found.eta.high is not None
    assert found.eta.low < 2.0 < found.eta.high
    assert missed.eta.high is not None and missed.eta.high <= 1.0
    assert found.prior_inside == pytest.approx(prior_share(with_rule.claim, with_rule.space))
