"""The engine's result as it is stored."""

from __future__ import annotations

import dataclasses
import json

import numpy as np

from studies.records import RunResult
from worker.results import run_result, shares_of
from worker.training.lanes import LaneResult

LANE = LaneResult(
    n_test=70,
    correct=35,
    accuracy=0.5,
    error=0.5,
    cross_entropy=1.25,
    own_loss=0.75,
    loss_area=0.6,
    epochs_to_target=None,
    diverged_at=9,
    divergence="non-finite",
    steps=12,
    accuracy_curve=np.array([1 / 3, 0.1, 0.1], dtype=np.float32),
    cross_entropy_curve=np.array([2.0, np.nan, np.nan], dtype=np.float32),
    loss_curve=np.array([0.123456789, np.inf, -np.inf], dtype=np.float32),
)


def test_every_metric_is_handed_on_unchanged() -> None:
    stored = run_result(LANE, seconds=1.5, stack="abc")
    assert (stored.seconds, stored.stack) == (1.5, "abc")
    curves = {field.name for field in dataclasses.fields(RunResult) if field.name.endswith("_curve")}
    names = {field.name for field in dataclasses.fields(RunResult)} - {"seconds", "stack", "cpu_seconds"} - curves
    assert {name: getattr(stored, name) for name in names} == {name: getattr(LANE, name) for name in names}


def test_curves_are_plain_numbers_and_what_is_not_finite_is_none() -> None:
    stored = run_result(LANE, seconds=1.5, stack="abc")
    assert stored.accuracy_curve == (0.333333, 0.1, 0.1)
    assert stored.cross_entropy_curve == (2.0, None, None)
    assert stored.loss_curve == (0.123457, None, None), "six digits"
    json.dumps(dataclasses.asdict(stored), allow_nan=False)
    assert (stored.implicit_rate_curve, stored.harmful_curve) == ((), ()), "nothing was measured"


def test_what_was_measured_of_the_backward_rule_is_handed_on() -> None:
    rates = np.array([0.5, np.nan, 0.25], dtype=np.float32)
    lane = dataclasses.replace(LANE, implicit_rate_curve=rates, harmful_curve=rates)
    stored = run_result(lane, seconds=1.5, stack="abc")
    assert stored.implicit_rate_curve == stored.harmful_curve == (0.5, None, 0.25)


def test_rates_that_a_schedule_chose_are_handed_on() -> None:
    rates = np.array([0.1, 0.05, np.nan], dtype=np.float32)
    stored = run_result(dataclasses.replace(LANE, eta_curve=rates), seconds=1.5, stack="abc")
    assert (stored.eta_curve, stored.eta_last_curve) == ((0.1, 0.05, None), ())


def test_processor_time_is_shared_out_by_the_steps_that_lanes_took() -> None:
    whole = dataclasses.replace(LANE, divergence=None, diverged_at=None, steps=12)
    ended = dataclasses.replace(whole, steps=6)
    assert shares_of(15.0, [whole, ended, LANE, None]) == [12 * 15 / 39, 6 * 15 / 39, 9 * 15 / 39, 12 * 15 / 39]
    assert shares_of(3.0, [whole]) == [3.0]
    assert run_result(whole, seconds=1.5, stack="abc", cpu_seconds=3.0).cpu_seconds == 3.0
