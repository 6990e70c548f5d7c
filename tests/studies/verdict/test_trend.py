"""Trends: the line against its textbook form, error rates on planted powers, the words, and the way through JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kstest

from studies.calibration.landscapes import SCENARIOS
from studies.calibration.simulation import shipped, simulate
from studies.language.axis import AxisPlace
from studies.language.parameters import PAPER, Axes, Parameter
from studies.verdict.decide import decide_study
from studies.verdict.drift import Optimum, drift, heterogeneity
from studies.verdict.exchange import from_json, from_text, to_json, to_text
from studies.verdict.findings import Findings, gather
from studies.verdict.model import Evidence, TrendLine
from studies.verdict.place import NOWHERE
from studies.verdict.trend import line_of, trend_lines, trends

VALUES = (16.0, 32.0, 64.0, 128.0, 256.0)
SPREAD = np.array([[0.02, 0.01], [0.01, 0.15]])  # in (s, u)
LINEAR = Parameter(name="depth", scale="linear", low=1.0, high=9.0)
RATE = Parameter(name="lr", scale="log", low=1e-5, high=1.0)


def planted(
    rng: np.random.Generator, rate: float, memory: float, values: Sequence[float] = VALUES, bend: float = 0.0
) -> list[Optimum]:
    """Optima whose effective rate and memory are powers of the axis; `bend`: of a square of its logarithm."""
    found = []
    for i, value in enumerate(values):
        x, covariance = math.log(value / 64.0), SPREAD * (1.0 + i)
        truth = np.array([rate * x + bend * x**2 - 2.0, memory * x + 1.5])
        found.append(Optimum(f"b-{value:g}", rng.multivariate_normal(truth, covariance), covariance))
    return found


def by_name(lines: Sequence[TrendLine]) -> dict[str, TrendLine]:
    return {line.quantity: line for line in lines}


def test_a_line_equals_the_textbook_form() -> None:
    x, y, variances = np.array([0.0, 1.0, 2.0, 4.0]), np.array([0.1, 0.8, 2.3, 3.7]), np.array([0.1, 0.2, 0.1, 0.4])
    design, weights = np.column_stack([np.ones(4), x]), np.diag(1.0 / variances)
    covariance = np.linalg.inv(design.T @ weights @ design)
    intercept, slope = covariance @ design.T @ weights @ y
    left = y - design @ np.array([intercept, slope])
    found = line_of(x, y, variances)
    assert found.slope == pytest.approx(slope)
    assert found.deviation == pytest.approx(math.sqrt(covariance[1, 1]))
    assert found.level == pytest.approx(intercept + slope * found.middle)
    assert found.lack_of_fit == pytest.approx(left @ weights @ left)


@pytest.mark.parametrize(("rate", "memory"), [(0.0, 0.0), (1.0, 0.0), (0.5, -0.25)])
def test_intervals_hold_planted_powers_at_their_level(rate: float, memory: float) -> None:
    rng, truth = np.random.default_rng(11), {"eta": rate - memory, "alpha": memory, "effective_rate": rate}
    held, p_lines = dict.fromkeys(truth, 0), []
    for _ in range(1000):
        lines = by_name(trend_lines(planted(rng, rate, memory), VALUES, "batch_size", "heavy_ball", PAPER))
        for name, power in truth.items():
            slope = lines[name].slope
            assert slope.low is not None and slope.high is not None
            held[name] += slope.low <= power <= slope.high
        p_lines.append(lines["eta"].p_line)
    assert all(abs(count / 1000 - 0.95) <= 3 * math.sqrt(0.95 * 0.05 / 1000) for count in held.values())
    assert kstest(p_lines, "uniform").pvalue > 0.01


def test_laws_are_compared_for_rates_alone() -> None:
    lines = by_name(trend_lines(planted(np.random.default_rng(1), 1.0, 0.0), VALUES, "batch_size", "sgd", PAPER))
    assert [(law.slope, law.inside) for law in lines["effective_rate"].laws] == [(1.0, True), (0.5, False)]
    assert [law.name for law in lines["eta"].laws] == ["linear scaling", "square-root scaling"]
    assert lines["alpha"].laws == ()
    said = lines["effective_rate"].sentence
    assert said.startswith("η/(1−α) grows as batch_size^")
    assert said.endswith("linear scaling (1) is inside, square-root scaling (0.5) is outside")
    assert lines["alpha"].sentence.startswith("1/(1−α) shows no trend: batch_size^")


def test_a_bent_trend_follows_no_law() -> None:
    optima = planted(np.random.default_rng(1), 0.5, 0.0, bend=0.6)
    line = by_name(trend_lines(optima, VALUES, "batch_size", "sgd", PAPER))["effective_rate"]
    assert line.p_line is not None and line.p_line < 0.001
    assert "does not follow one power of batch_size" in line.sentence
    assert "so neither linear scaling nor square-root scaling describes it" in line.sentence


def test_the_test_of_a_constant_is_that_of_the_drift() -> None:
    optima = planted(np.random.default_rng(2), 0.3, 0.0)
    lines = by_name(trend_lines(optima, VALUES, "batch_size", "", PAPER))
    assert lines["effective_rate"].p_constant == pytest.approx(heterogeneity(optima, (0,)).p_value)
    assert lines["alpha"].p_constant == pytest.approx(heterogeneity(optima, (1,)).p_value)
    assert lines["eta"].laws == ()


def test_fewer_than_three_optima_have_no_slope() -> None:
    optima = planted(np.random.default_rng(3), 1.0, 0.0, VALUES[:2])
    for line in trend_lines(optima, VALUES[:2], "batch_size", "sgd", PAPER):
        assert (line.slope.estimate, line.p_constant, line.p_line, line.laws, line.sentence) == (None,) * 3 + ((), "")
        assert len(line.optima) == 2


def test_a_parameter_on_a_linear_scale_has_no_power() -> None:
    optima = [replace(o, axes=Axes(RATE, LINEAR, ridge=False)) for o in planted(np.random.default_rng(4), -1.0, 0.0)]
    (line,) = trend_lines(optima, VALUES, "width", "adam", optima[0].axes)
    assert line.quantity == "lr"
    assert line.sentence.startswith("lr falls as width^")
    assert line.sentence.endswith("muP (−1) is inside")


@pytest.fixture(scope="module")
def found() -> list[Findings]:
    """What whole sweeps gave at three batch sizes, the optimum in proportion to them."""
    return [gather(_swept(i, value)) for i, value in enumerate((256, 16, 64))]


def _swept(seed: int, value: int) -> Evidence:
    scenario = replace(SCENARIOS["A"], v=SCENARIOS["A"].v + math.log(value / 64))
    simulated = simulate(scenario, np.random.default_rng([9, seed]), shipped(4))
    place = AxisPlace("batch", "batch_size", float(value), "heavy_ball")
    return replace(simulated, axis=place, context=f"batch-{value}", sweep=f"golden@batch-{value}")


def test_a_study_has_the_trend_of_its_axis(found: list[Findings]) -> None:
    (trend,) = trends(found)
    assert (trend.loss, trend.axis, trend.field) == ("golden", "batch", "batch_size")
    assert (trend.values, trend.contexts) == ((16.0, 64.0, 256.0), ("batch-16", "batch-64", "batch-256"))
    assert trend.p_joint == pytest.approx(drift(found)[0].p_joint)
    slope = by_name(trend.lines)["effective_rate"].slope
    assert slope.low is not None and slope.high is not None
    assert slope.low <= 1.0 <= slope.high
    assert trend.sentence.startswith("For the golden loss, over batch_size from 16 to 256, 3 of 3 values: η grows as")
    assert "The optimum is no constant over these values" in trend.sentence


def test_contexts_off_the_axis_do_not_take_part(found: list[Findings]) -> None:
    alone = replace(found[0], evidence=replace(found[0].evidence, axis=None, context="alone"))
    assert trends([alone, *found]) == trends(found)
    assert trends([alone]) == ()


def test_two_values_state_nothing_and_say_why(found: list[Findings]) -> None:
    (trend,) = trends(found[:2])
    assert (trend.p_joint, trend.left_out) == (None, ())
    assert trend.sentence == (
        "For the golden loss, no power of batch_size is stated: 2 of 2 values have an optimum that is located inside "
        "the box, and a slope takes three."
    )
    lost = replace(found[2], location=NOWHERE)
    (trend,) = trends([*found[:2], lost])
    assert trend.left_out == ("batch-64",)
    assert "2 of 3 values have an optimum" in trend.sentence


def test_trends_go_through_json_and_text_and_are_absent_without_an_axis(found: list[Findings]) -> None:
    plain = decide_study("one", "hash", [simulate(SCENARIOS["J"], np.random.default_rng(0), shipped(4))])
    assert plain.trends == ()
    assert "trends" not in to_json(plain)
    verdict = replace(plain, trends=(*trends(found), *trends(found[:2])))
    assert from_json(json.loads(json.dumps(to_json(verdict)))) == verdict
    assert from_text(to_text(verdict)) == verdict
