"""Drift: Cochran's Q against its textbook form, error rates on planted optima, and the way through JSON."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kstest

from studies.calibration.landscapes import SCENARIOS
from studies.calibration.simulation import shipped, simulate
from studies.verdict.decide import decide_study
from studies.verdict.drift import Optimum, distance_interval, heterogeneity
from studies.verdict.exchange import from_json, to_json
from studies.verdict.model import Evidence, StudyVerdict

SPREAD = np.array([[0.04, 0.01], [0.01, 0.09]])


def _optima(rng: np.random.Generator, shifts: list[tuple[float, float]]) -> list[Optimum]:
    places = [rng.multivariate_normal(shift, SPREAD * (1 + i)) for i, shift in enumerate(shifts)]
    return [Optimum(f"c{i}", place, SPREAD * (1 + i)) for i, place in enumerate(places)]


def test_q_along_one_axis_equals_the_textbook_form() -> None:
    optima = _optima(np.random.default_rng(1), [(0.0, 0.0)] * 4)
    x = np.array([optimum.place[0] for optimum in optima])
    w = np.array([1.0 / optimum.covariance[0, 0] for optimum in optima])
    found = heterogeneity(optima, (0,))
    assert found.q == pytest.approx((w * x**2).sum() - (w * x).sum() ** 2 / w.sum())
    assert found.place[0] == pytest.approx((w * x).sum() / w.sum())
    assert found.covariance[0, 0] == pytest.approx(1 / w.sum())
    assert found.df == 3


@pytest.mark.parametrize("axes", [(0, 1), (0,), (1,)])
def test_p_values_are_uniform_for_one_common_optimum(axes: tuple[int, ...]) -> None:
    rng = np.random.default_rng(2)
    p_values = [heterogeneity(_optima(rng, [(0.3, -0.2)] * 3), axes).p_value for _ in range(1000)]
    assert kstest(p_values, "uniform").pvalue > 0.01


def test_moved_optimum_is_found_along_its_own_axis() -> None:
    rng = np.random.default_rng(3)
    studies = [_optima(rng, [(0.0, 0.0), (1.5, 0.0)]) for _ in range(200)]
    assert np.mean([heterogeneity(optima, (0,)).p_value <= 0.05 for optima in studies]) > 0.9
    assert np.mean([heterogeneity(optima, (1,)).p_value <= 0.05 for optima in studies]) < 0.15


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.3, 0.0), (1.0, -0.5)])
def test_distance_intervals_cover(shift: tuple[float, float]) -> None:
    rng = np.random.default_rng(4)
    true, held = math.hypot(shift[0] - shift[1], shift[1]), 0
    for _ in range(400):
        interval = distance_interval(rng.multivariate_normal(shift, SPREAD), SPREAD)
        assert interval.low is not None and interval.high is not None
        held += interval.low <= true <= interval.high
    assert held / 400 >= 0.95 - 2 * math.sqrt(0.95 * 0.05 / 400)


def _study(rate_factor: float) -> StudyVerdict:
    evidence: list[Evidence] = []
    for i, factor in enumerate((1.0, rate_factor)):
        scenario = replace(SCENARIOS["A"], v=SCENARIOS["A"].v + math.log(factor))
        simulated = simulate(scenario, np.random.default_rng([8, i]), shipped(4))
        evidence.append(replace(simulated, context=f"batch-{i}", sweep=f"golden@batch-{i}"))
    return decide_study("planted", "hash", evidence)


def test_study_tells_a_moved_optimum_from_a_shared_one() -> None:
    (moved,), (shared,) = _study(4.5).drift, _study(1.0).drift
    assert moved.p_effective_rate < 0.001
    assert "moves between 2 contexts" in moved.sentence
    ratio = moved.pairs[0].rate_ratio
    assert ratio.low is not None and ratio.high is not None
    assert 1.0 < ratio.low < 4.5 < ratio.high
    assert shared.p_joint > 0.05
    assert "not shown" in shared.sentence
    assert shared.effective_rate.estimate == pytest.approx(0.126, rel=0.3)


def test_drift_goes_through_json_and_is_absent_from_one_context() -> None:
    verdict = _study(4.5)
    assert from_json(json.loads(json.dumps(to_json(verdict)))) == verdict
    assert decide_study("one", "hash", [simulate(SCENARIOS["J"], np.random.default_rng(0), shipped(4))]).drift == ()
