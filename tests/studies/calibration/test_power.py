"""Power: its assumptions, its counts, and those that follow from a pilot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studies.calibration.chances import Assumptions
from studies.calibration.landscapes import SCENARIOS
from studies.calibration.power import assumptions_from, power
from studies.calibration.simulation import SHIPPED, planted_study, shipped, simulate
from studies.language import catalogue
from studies.language.design import LocateDesign
from studies.verdict.decide import decide_sweep
from studies.verdict.model import Outcome

SMALL = planted_study(LocateDesign(map_points=32, zoom_points=32, confirm_blocks=5))


def test_quiet_runs_decide_more_often_than_noisy_ones() -> None:
    counts = []
    for sigma in (0.1, 1.0):
        found = power(SHIPPED, Assumptions(sigma=sigma), studies=2, seed=3)
        assert found is not None
        assert [chance.share.n for chance in found.chances] == [2, 2, 2]
        counts.append(sum(chance.share.count for chance in found.chances))
    assert counts[0] >= 4
    assert counts[1] <= 1


def test_same_seed_gives_the_same_chances_and_a_stop_ends_it() -> None:
    asked = iter([False, False, True, True])
    first = power(SMALL, Assumptions(), studies=1, seed=5)
    stopped = power(SMALL, Assumptions(), studies=1, seed=5, stop=lambda: next(asked))
    assert first == power(SMALL, Assumptions(), studies=1, seed=5)
    assert first is not None and stopped is not None
    assert [chance.share.n for chance in stopped.chances] == [1, 1, 0]
    assert stopped.chances[:2] == first.chances[:2]
    assert [chance.right for chance in first.chances] == [Outcome.SUPPORTED, Outcome.REFUTED, Outcome.REFUTED]


def test_too_large_designs_and_other_designs_are_not_simulated() -> None:
    assert power(planted_study(LocateDesign(map_points=4096)), Assumptions(), studies=1, seed=0) is None
    assert power(catalogue.load("table-1"), Assumptions(), studies=1, seed=0) is None


@pytest.mark.parametrize("analysis", [4, 5])
@pytest.mark.parametrize(("key", "along"), [("A", 0.2), ("B", 0.005)])
def test_pilot_tells_noise_and_curvature(key: str, along: float, analysis: int) -> None:
    pilot = decide_sweep(simulate(SCENARIOS[key], np.random.default_rng(0), shipped(analysis)))
    found = assumptions_from(pilot)
    assert found is not None
    assert found.sigma == pytest.approx(0.12, rel=0.35)
    assert found.across == pytest.approx(0.35, rel=0.25)
    assert abs(found.along - along) < 0.05
    assert found.source == pilot.sweep
    assert pilot.pairs_needed is not None and 5 < pilot.pairs_needed < 60
    assert assumptions_from(replace(pilot, sigma=None)) is None
    assert assumptions_from(replace(pilot, region=None)) is None
    assert assumptions_from(replace(pilot, objective="own_loss")) is None
