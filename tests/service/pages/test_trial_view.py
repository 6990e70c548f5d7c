"""The page of one trial: its point, its runs and their learning curves."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from service.pages.trial_view import trial_view
from studies.errors import StudyNotFoundError, TrialNotFoundError
from studies.figures.theme import DARK, LIGHT
from studies.storage import results
from studies.storage.engine import Database

SWEEP = "golden@paper"


def test_a_trial_has_its_point_and_every_run(database: Database, measured: str) -> None:
    view = trial_view(database, measured, SWEEP, 0)
    runs = results.runs(database, measured, SWEEP)
    own = runs.where(runs.trial == 0)
    assert (view.eta, view.alpha) == (own.eta[0], own.alpha[0])
    assert (view.phase, view.arm) == (str(own.phase[0]), str(own.arm[0]))
    assert [run["correct"] for run in view.runs] == list(own.correct)
    assert [run["cause"] for run in view.runs] == list(own.cause)
    assert view.figures.keys() == {LIGHT.name, DARK.name}
    assert all(len(figure["data"]) >= len(view.runs) for figure in view.figures.values())


@pytest.mark.parametrize("number", [-1, 2**31, 10**30])
def test_a_number_that_no_trial_can_have(database: Database, measured: str, number: int) -> None:
    with pytest.raises(TrialNotFoundError):
        trial_view(database, measured, SWEEP, number)


def test_no_such_study_or_sweep(database: Database, measured: str) -> None:
    with pytest.raises(StudyNotFoundError):
        trial_view(database, "none", SWEEP, 0)
    with pytest.raises(StudyNotFoundError):
        trial_view(database, measured, "none@paper", 0)


def test_the_page_shows_the_runs(api: TestClient, database: Database, measured: str) -> None:
    text = api.get(f"/studies/{measured}/trials/{SWEEP}/0", headers={"Accept": "text/html"}).text
    view = trial_view(database, measured, SWEEP, 0)
    assert "<h1>Trial 0</h1>" in text
    assert text.count('data-label="Correct"') == len(view.runs)
    assert all(f"{run['correct']}<small>of {run['n_test']}" in text for run in view.runs)
