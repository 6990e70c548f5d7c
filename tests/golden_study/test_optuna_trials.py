"""Trials of Optuna as attempts: what each state and attribute means."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import FrozenTrial, TrialState
from own_plans import own_study

from golden_study import optuna_trials as ours
from studies.external.attempts import AttemptState
from studies.external.measured import runs_of
from studies.external.wanted import wanted
from studies.records import ReportedRun

SPEC = own_study()
PLANS = wanted(SPEC, runs_of(SPEC, (), {})).plans
RANGES = {"lr": FloatDistribution(1e-4, 1.0), "beta1": FloatDistribution(0.0, 0.99)}
START = datetime(2026, 1, 1)


def trial(state: TrialState = TrialState.COMPLETE, *, key: Any = (1, 0, 100.0, True), **changes: Any) -> FrozenTrial:
    """A trial of Optuna that holds a run."""
    point = ours.point_of(SPEC, PLANS[1])
    ended = state.is_finished()
    made: dict[str, Any] = {
        "number": 5,
        "trial_id": 5,
        "state": state,
        "value": 0.5 if state is TrialState.COMPLETE else None,
        "datetime_start": START,
        "datetime_complete": START + timedelta(seconds=30) if ended else None,
        "params": point,
        "distributions": RANGES,
        "user_attrs": {ours.RUN: list(key) if isinstance(key, tuple) else key, **changes.pop("attributes", {})},
        "system_attrs": {},
        "intermediate_values": {},
    }
    return FrozenTrial(**{**made, **changes})


def state_of(found: FrozenTrial) -> tuple[str, ReportedRun | None] | None:
    attempts = ours.attempts_of(SPEC, PLANS, [found])
    return (attempts[0].state.value, attempts[0].result) if attempts else None


def test_a_complete_trial_has_a_result() -> None:
    assert state_of(trial()) == ("complete", ReportedRun(0.5))
    assert state_of(trial(value=float("inf"))) == ("complete", ReportedRun(None, diverged=True))


@pytest.mark.parametrize(
    "failed",
    [
        trial(TrialState.FAIL),
        trial(TrialState.PRUNED),
        trial(value=50.0),
        trial(params={"lr": 0.5, "beta1": 0.5}),
        trial(params={}, distributions={}),
        trial(attributes={ours.SPARE: True}),
        trial(TrialState.RUNNING, attributes={ours.SPARE: True}),
    ],
)
def test_what_gives_no_result_is_a_failed_attempt(failed: FrozenTrial) -> None:
    assert state_of(failed) == ("failed", None)


@pytest.mark.parametrize("key", [None, [], "1.0", [1], [1.0, 0], [True, 0], {"trial": 1}])
def test_a_trial_that_holds_no_run_is_no_attempt(key: Any) -> None:
    assert state_of(trial(key=key)) is None


def test_marks_of_the_objective_and_of_the_sampler() -> None:
    assert state_of(trial(TrialState.FAIL, attributes={ours.DIVERGED: True})) == ("complete", ReportedRun(None, True))
    assert state_of(trial(TrialState.FAIL, attributes={ours.INTERRUPTED: True})) is None
    assert state_of(trial(TrialState.RUNNING)) == (AttemptState.RUNNING, None)
    assert state_of(trial(TrialState.WAITING)) == (AttemptState.RUNNING, None)
    assert ours.is_settled(trial().user_attrs) and not ours.is_settled({ours.RUN: [1, 0, 100.0, False]})


def test_a_trial_is_dead_once_the_patience_has_run_out() -> None:
    running = trial(TrialState.RUNNING)
    assert not ours.is_dead(running, now=160.0, patience=60.0)
    assert ours.is_dead(running, now=161.0, patience=60.0)
    assert not ours.is_dead(trial(), now=1e9, patience=60.0)
    assert not ours.is_dead(trial(TrialState.RUNNING, key=[]), now=1e9, patience=60.0)
    assert not ours.is_dead(trial(TrialState.RUNNING, attributes={ours.SPARE: True}), now=1e9, patience=60.0)


def test_patience_follows_the_longest_of_several_trainings() -> None:
    ended = trial(datetime_complete=START + timedelta(seconds=300))
    assert ours.patience_of([]) == ours.patience_of([ended] * 2) == ours.FIRST_PATIENCE
    assert ours.patience_of([trial(), ended, trial()]) == 3_000.0
    assert ours.patience_of([trial()] * 3) == ours.LEAST_PATIENCE
    assert ours.patience_of([trial(value=float("inf"))] * 9) == ours.FIRST_PATIENCE


def test_a_run_that_no_plan_has_is_no_attempt() -> None:
    assert state_of(trial(key=(1, 7, 0.0))) is None and state_of(trial(key=(-1, 0, 0.0))) is None


def test_the_document_is_kept_whole() -> None:
    assert ours.kept_document({}) is None
    assert ours.kept_document({ours.DOCUMENT: ours.document_text(SPEC)}) == SPEC
    assert (ours.kept_looks({}), ours.kept_looks({ours.LOOKS: 2})) == (4, 2)
