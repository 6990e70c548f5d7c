"""Points to confirm: on which side of N's border each lies, and which runs they depend on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from studies import golden
from studies.coordinates import to_vu
from studies.language.claim import FOLKLORE, Claim
from studies.records import Arm
from studies.verdict.candidates import Candidates, Point, control_arms, find_candidates
from studies.verdict.methods import METHODS
from studies.verdict.model import Evidence
from studies.verdict.neighbourhood import inside

Select = Callable[[Evidence, NDArray[np.bool_]], Evidence]


def test_candidates_lie_on_their_sides_and_best_is_one_of_them(supported: Evidence, refuted: Evidence) -> None:
    for evidence in (supported, refuted):
        found = find_candidates(evidence)
        points = [np.column_stack(to_vu([p.eta], [p.alpha])) for p in (found.inside, found.outside)]
        assert inside(evidence.claim, points[0])[0]
        distance = np.abs(points[1] - np.array(to_vu(evidence.claim.eta, evidence.claim.alpha)).ravel()).max()
        assert distance >= np.log(2) - 1e-9
        assert found.best in (found.inside, found.outside)
        assert all(evidence.space.contains(p.eta, p.alpha) for p in (found.best, found.inside, found.outside))


def test_the_opposite_point_lies_outside_too_and_across_the_claim(supported: Evidence, refuted: Evidence) -> None:
    for evidence in (supported, refuted):
        found = find_candidates(evidence)
        middle = np.array(to_vu(evidence.claim.eta, evidence.claim.alpha)).ravel()
        outside, opposite = (
            np.column_stack(to_vu([p.eta], [p.alpha]))[0] - middle for p in (found.outside, found.opposite)
        )
        assert np.abs(opposite).max() >= np.log(2) - 1e-9
        assert outside @ opposite < 0.0
        assert evidence.space.contains(found.opposite.eta, found.opposite.alpha)


def test_a_claim_in_the_boxs_corner_has_no_other_side_and_repeats_no_arm(supported: Evidence) -> None:
    """Its opposite point is the one that comes nearest to lying across: no arm may repeat another's runs."""
    box = supported.space
    corner = supported.claim.model_copy(update={"eta": box.eta.low, "alpha": box.alpha.low})
    found = find_candidates(replace(supported, claim=corner))
    assert found.opposite not in (found.outside, found.inside)
    assert box.contains(found.opposite.eta, found.opposite.alpha)


def test_best_lies_where_the_optimum_was_planted(supported: Evidence, refuted: Evidence) -> None:
    assert find_candidates(supported).best == find_candidates(supported).inside
    assert find_candidates(refuted).best == find_candidates(refuted).outside


def test_candidates_read_neither_confirm_nor_controls(supported: Evidence, select: Select) -> None:
    before = select(supported, np.isin(supported.runs.phase, ("map", "zoom")))
    assert find_candidates(before) == find_candidates(supported)


def test_candidates_without_runs_are_the_claim(supported: Evidence, select: Select) -> None:
    found = find_candidates(select(supported, np.zeros(len(supported.runs), dtype=bool)))
    assert found.best.eta == pytest.approx(supported.claim.eta)
    assert found.best == found.inside == found.outside == found.opposite


def test_arms_leave_out_the_side_that_the_best_point_repeats() -> None:
    near, far, across = Point(0.01, 0.9), Point(0.1, 0.9), Point(0.001, 0.9)
    within = Candidates(best=near, inside=near, outside=far, opposite=across)
    beyond = replace(within, best=far)
    assert within.arms(opposite=False) == [(Arm.BEST, near), (Arm.OUTSIDE, far)]
    assert beyond.arms(opposite=True) == [(Arm.BEST, far), (Arm.INSIDE, near), (Arm.OPPOSITE, across)]


@pytest.mark.parametrize("analysis", METHODS)
def test_controls_are_the_ridge_mates_and_the_default(analysis: int, supported: Evidence) -> None:
    evidence = replace(supported, analysis=analysis)
    mate, default = control_arms(evidence, [0.5], folklore=True)
    assert mate == ("mate:0.5", Point(golden.ridge_mate(0.5), 0.5)), "the golden point's ridge is the claim's"
    assert default == ("default", Point(*FOLKLORE))
    assert control_arms(evidence, [0.5], folklore=False) == [mate]


def test_mates_lie_on_the_claims_own_ridge_from_analysis_5_on(supported: Evidence) -> None:
    evidence = replace(supported, claim=Claim(eta=0.1, alpha=0.9))
    for analysis, eta in ((4, golden.ridge_mate(0.5)), (5, 0.5)):
        [(_, mate)] = control_arms(replace(evidence, analysis=analysis), [0.5], folklore=False)
        assert mate.eta == pytest.approx(eta)
