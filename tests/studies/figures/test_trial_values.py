"""Trials as figures draw them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from studies.figures.trial_values import trial_values
from studies.records import Runs

MakeRuns = Callable[..., Runs]


def test_a_trial_is_the_mean_of_its_runs_and_one_failed_run_takes_its_value(make_runs: MakeRuns) -> None:
    runs = make_runs()
    sound = np.flatnonzero(~runs.diverged)[:2]
    failed = int(np.flatnonzero(runs.diverged)[0])
    trial = runs.trial.copy()
    trial[sound[1]] = trial[sound[0]]
    found = trial_values(replace(runs, trial=trial), "accuracy")
    assert len(found) == len(runs) - 1
    (both,) = found.value[found.number == trial[sound[0]]]
    assert both == pytest.approx(runs.accuracy[sound].mean())
    assert np.isnan(found.value[found.number == trial[failed]]).all()
    assert found.sign[found.number == trial[failed]].tolist() == ["diverged"]


def test_controls_count_as_the_confirmation_and_the_claim_is_known(make_runs: MakeRuns) -> None:
    runs = make_runs()
    phase = np.where(runs.phase == "confirm", "controls", runs.phase)
    found = trial_values(replace(runs, phase=phase), "error")
    assert set(found.phase.tolist()) == {"map", "confirm"}
    assert int(found.claim.sum()) == int((runs.arm == "claim").sum()) == 14


def test_no_runs_are_no_trials(make_runs: MakeRuns) -> None:
    runs = make_runs()
    assert len(trial_values(runs.where(np.zeros(len(runs), dtype=bool)), "own_loss")) == 0
