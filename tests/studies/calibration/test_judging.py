"""Simulated studies judged: regions, margins and trainings beside the truth."""

from __future__ import annotations

import numpy as np
import pytest

from studies.calibration.judging import generator, judge, judged
from studies.calibration.landscapes import SCENARIOS
from studies.calibration.scenarios import every_scenario
from studies.calibration.simulation import shipped, simulate
from studies.verdict.decide import decide_sweep
from studies.verdict.model import LEVEL, Outcome


def test_a_judged_study_has_the_verdict_of_its_evidence() -> None:
    scenario = SCENARIOS["E"]
    evidence = simulate(scenario, generator(scenario, 7, 0))
    found, verdict = judge(scenario, evidence), decide_sweep(evidence)
    assert (found.outcome, found.code) == (verdict.outcome, verdict.reasons[0].code)
    assert (found.margin, found.pi_inside, found.runs) == (verdict.margin, verdict.pi_inside, verdict.runs)
    assert verdict.region is not None
    p = np.array(verdict.region.p, dtype=np.float64)
    assert found.area == pytest.approx((p > LEVEL).mean())
    assert found == judged(scenario, 7, 0)


def test_a_tie_counts_the_tops_that_a_region_holds() -> None:
    found = judged(every_scenario()["tie"], 7, 0)
    assert len(found.truth.tops) == 2
    assert found.held in (0, 1, 2)
    assert found.outcome is not Outcome.REFUTED


def test_the_earlier_analysis_has_no_statements() -> None:
    assert judged(SCENARIOS["A"], 7, 0, shipped(4)).said is None
