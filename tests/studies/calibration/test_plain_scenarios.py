"""Studies of two parameters without a ridge, through the real planners: found where planted, and no mates anywhere."""

from __future__ import annotations

import numpy as np
import pytest

from studies.calibration.judging import judged
from studies.calibration.plain_scenarios import plain_scenarios
from studies.calibration.simulation import asked_of, shipped, simulate
from studies.language.design import LocateDesign
from studies.verdict.decide import decide_sweep
from studies.verdict.model import UNKNOWN, Outcome

SPEC = shipped(5)
PLAIN = plain_scenarios()


@pytest.mark.parametrize(("key", "right"), [("plain-in", Outcome.SUPPORTED), ("linear-out", Outcome.REFUTED)])
def test_an_optimum_is_located_where_it_was_planted(key: str, right: Outcome) -> None:
    found = judged(PLAIN[key], 3, 0, SPEC)
    assert found.outcome is right and found.held == 1
    assert found.area is not None and found.area < 0.05


def test_a_linear_parameters_place_is_given_in_its_own_unit() -> None:
    verdict = decide_sweep(simulate(PLAIN["linear-out"], np.random.default_rng(5), SPEC))
    depth = verdict.alpha
    assert depth.low is not None and depth.high is not None and depth.low < 8.0 < depth.high + 1.0
    assert depth.estimate == pytest.approx(8.0, abs=1.5)
    assert verdict.effective_rate == verdict.kappa == verdict.ridge_slope == UNKNOWN and verdict.ridge_drops == ()
    assert not any(c.arm.startswith("mate:") or c.arm == "default" for c in verdict.comparisons)


@pytest.mark.parametrize("key", PLAIN)
def test_a_scenario_asks_a_study_of_its_own_parameters_without_controls(key: str) -> None:
    spec = asked_of(PLAIN[key], SPEC)
    assert isinstance(spec.design, LocateDesign) and not spec.design.controls
    assert spec.claim.axes == spec.axes == PLAIN[key].axes and not spec.axes.ridge
