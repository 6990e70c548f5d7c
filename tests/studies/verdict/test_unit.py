"""The unit of a real measure: a width of the map, and a verdict that is the same in every unit of the measure."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
from measure_units import assert_same
from numpy.typing import NDArray

from studies.calibration.plain_scenarios import plain_scenarios
from studies.calibration.simulation import shipped, simulate
from studies.language.measure import Measure
from studies.records import Cause, Runs
from studies.verdict.decide import decide_study
from studies.verdict.exchange import to_json
from studies.verdict.model import Evidence
from studies.verdict.response import unit_of
from studies.verdict.rows import sample_of
from studies.verdict.unit import DECIMALS, MOST, ONE, Unit, map_unit

FloatArray = NDArray[np.float64]
REAL = Measure(name="elbo", direction="maximize", kind="real")
POSITIVE = Measure(name="loss", direction="minimize", kind="positive")


@pytest.fixture(scope="module")
def planted() -> Evidence:
    """A study of two plain parameters whose optimum is the claim's, with collapsed runs; judged by nothing yet."""
    found = simulate(plain_scenarios()["plain-in"], np.random.default_rng(2), shipped(5))
    values = -np.log(found.runs.cross_entropy)
    low = np.random.default_rng(5).random(len(values)) < 0.03
    return replace(found, runs=replace(found.runs, value=np.where(low, values - 1.5, values)))


def judged(evidence: Evidence, measure: Measure, values: FloatArray, **claimed: Any) -> Evidence:
    """The evidence by a measure, as a trainer of one's own would have reported these values."""
    claim = evidence.claim.model_copy(update={"objective": "measure", "margin_floor": 0.0, **claimed})
    runs = replace(evidence.runs, value=values)
    return replace(evidence, claim=claim.bound(evidence.claim.axes, measure), runs=runs, objective="measure")


def verdict(evidence: Evidence) -> dict[str, Any]:
    """The study's verdict as it is stored and sent."""
    return to_json(decide_study("own", "hash", [evidence]))


@pytest.mark.parametrize("factor", [10.0, 1000.0, 1e-3, 3.7, 1e12, 1e-12])
def test_a_factor_of_a_real_measure_is_a_factor_of_its_amounts_and_of_nothing_else(
    planted: Evidence, factor: float
) -> None:
    plain = verdict(judged(planted, REAL, planted.runs.value))
    found = verdict(judged(planted, REAL, factor * planted.runs.value))
    assert_same(found, plain, factor)
    assert plain["sweeps"][0]["answers"]["outcomes"]["collapsed"] > 0, "it has runs that the rule sorts out"


@pytest.mark.parametrize("shift", [-40.0, 3.3, 1000.0])
def test_a_constant_added_to_a_real_measure_changes_no_verdict(planted: Evidence, shift: float) -> None:
    plain = verdict(judged(planted, REAL, planted.runs.value))
    found = verdict(judged(planted, REAL, planted.runs.value + shift))
    assert_same(found, plain, 1.0, shift)
    assert found["sweeps"][0]["sentence"] == plain["sweeps"][0]["sentence"]


def test_a_measure_turned_round_and_minimised_is_judged_alike(planted: Evidence) -> None:
    plain = verdict(judged(planted, REAL, planted.runs.value))
    turned = REAL.model_copy(update={"direction": "minimize"})
    found = verdict(judged(planted, turned, -planted.runs.value))
    found["sweeps"][0]["measure"] = plain["sweeps"][0]["measure"]
    assert_same(found, plain, 1.0)


def test_the_sentences_of_a_real_measure_speak_in_its_unit(planted: Evidence) -> None:
    thousand = verdict(judged(planted, REAL, 1000.0 * planted.runs.value))["sweeps"][0]
    assert f"the margin of {thousand['margin']:.0f} in elbo" in thousand["sentence"]


def test_a_floor_of_the_margin_is_stated_in_the_measures_unit(planted: Evidence) -> None:
    one = verdict(judged(planted, REAL, planted.runs.value, margin_floor=0.5))
    tenth = verdict(judged(planted, REAL, 0.1 * planted.runs.value, margin_floor=0.05))
    assert one["sweeps"][0]["margin"] == pytest.approx(0.5)
    assert_same(tenth, one, 0.1)


def test_runs_without_a_value_bear_on_no_unit(planted: Evidence) -> None:
    broken = np.random.default_rng(6).random(len(planted.runs)) < 0.5
    cause = np.where(broken, Cause.DIVERGED.value, planted.runs.cause)
    hit = replace(planted, runs=replace(planted.runs, diverged=broken, cause=cause))
    values = np.where(broken, np.nan, planted.runs.value)
    plain, found = (verdict(judged(hit, REAL, factor * values)) for factor in (1.0, 1e-5))
    assert_same(found, plain, 1e-5)


@pytest.mark.parametrize("factor", [1000.0, 1e-9])
def test_few_distinct_values_are_judged_alike_in_every_unit(planted: Evidence, factor: float) -> None:
    coarse: FloatArray = np.round(planted.runs.value)
    assert_same(verdict(judged(planted, REAL, factor * coarse)), verdict(judged(planted, REAL, coarse)), factor)


@pytest.mark.parametrize("value", [0.0, 0.3, -7e11, 1e-12])
def test_values_that_are_all_one_say_so_in_every_unit(planted: Evidence, value: float) -> None:
    noise: FloatArray = np.random.default_rng(1).integers(-2, 3, len(planted.runs)).astype(np.float64)
    rounded = value * (1.0 + noise * 2.0**-52)
    found = verdict(judged(planted, REAL, rounded))["sweeps"][0]
    assert "Every run gave the same result" in found["sentence"]
    assert found["sigma"] == 0.0


@pytest.mark.parametrize("factor", [1000.0, 1e-3, 0.37])
def test_a_factor_of_a_positive_measure_changes_no_verdict(planted: Evidence, factor: float) -> None:
    values = np.exp(-planted.runs.value)
    plain, found = (verdict(judged(planted, POSITIVE, times * values)) for times in (1.0, factor))
    assert_same(found, plain, 1.0, -np.log(factor))
    assert found["sweeps"][0]["sentence"] == plain["sweeps"][0]["sentence"]


def _runs(planted: Evidence, values: FloatArray) -> Runs:
    """Runs of the map, one a point."""
    runs = planted.runs.where(np.arange(len(planted.runs)) < len(values))
    count = len(runs)
    return replace(
        runs, value=values, phase=np.full(count, "map"), eta=np.arange(1.0, count + 1), diverged=np.zeros(count, bool)
    )


def test_the_unit_runs_from_the_ninetieth_percentile_down_to_the_median(planted: Evidence) -> None:
    values = np.linspace(0.0, 10.0, 21)
    assert map_unit(values, _runs(planted, values)) == Unit(9.0, 6.0)
    assert unit_of(_runs(planted, values), REAL) == Unit(9.0, 6.0)
    turned = REAL.model_copy(update={"direction": "minimize"})
    assert unit_of(_runs(planted, values), turned) == Unit(-1.0, 6.0)
    assert unit_of(_runs(planted, values), POSITIVE) == unit_of(_runs(planted, values), None) == ONE


def test_the_unit_is_that_of_the_better_half_and_counts_each_point_once(planted: Evidence) -> None:
    values = np.linspace(0.0, 10.0, 21)
    awful = np.where(values < 5.0, -1e10, values)
    assert map_unit(awful, _runs(planted, awful)) == Unit(9.0, 6.0)
    again = np.concatenate([values, np.full(40, 9.7)])
    runs = _runs(planted, again)
    runs = replace(runs, eta=np.minimum(runs.eta, runs.eta[20]), alpha=np.zeros(len(runs)))
    assert map_unit(again, runs) == Unit(9.0, 6.0)


def test_the_unit_is_that_of_the_map_whatever_comes_later(planted: Evidence) -> None:
    evidence = judged(planted, REAL, planted.runs.value)
    on_map = evidence.runs.phase == "map"
    assert sample_of(evidence).unit == unit_of(evidence.runs.where(on_map), REAL)
    without = evidence.runs.where(~on_map)
    assert unit_of(without, REAL).size > 0.0, "all runs stand in for a map"


@pytest.mark.parametrize(
    ("values", "size"),
    [
        ([1.0] * 15 + [0.0] * 5, 1.5),  # the better half is one value
        ([1.0] * 19 + [-3.0], 6.0),
        ([2.0] * 20, 2.0),
        ([0.0] * 20, 1.0),
        ([], 1.0),
        ([5.0], 5.0),
    ],
)
def test_ties_take_a_wider_span(planted: Evidence, values: list[float], size: float) -> None:
    assert map_unit(np.array(values), _runs(planted, np.array(values))).size == pytest.approx(size)


def test_responses_are_finite_and_kept_to_few_decimals() -> None:
    unit = Unit(1.0, 1e-300)
    assert unit.responses(np.array([1.0, 1e30, -1e30])).tolist() == pytest.approx([0.0, MOST, -MOST])
    third = Unit(0.0, 3.0).responses(np.array([1.0]))
    assert third.tolist() == [round(1 / 3, DECIMALS)]
    values = np.array([0.1, -7.0])
    assert ONE.responses(values) is values
    assert Unit(0.0, 1e12).amount(3e-17) == 0.0, "rounding is no difference in any unit"
    assert asdict(Unit(2.0, 4.0)) == {"origin": 2.0, "size": 4.0} and Unit(2.0, 4.0).level(-0.5) == 0.0
