"""The page of one trial: its point, its runs and their learning curves."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from leases import LEASE

from service import formats
from service.pages.trial_view import trial_view
from studies.errors import StudyNotFoundError, TrialNotFoundError
from studies.figures.numbers import percent
from studies.figures.outcome_signs import SIGNS
from studies.figures.theme import DARK, LIGHT
from studies.outcomes import ADVICE
from studies.records import Cause
from studies.storage import queue, results, schema
from studies.storage.engine import Database
from studies.storage.stored_curves import loss_text

SWEEP = "golden@paper"


def test_a_trial_has_its_point_and_every_run(database: Database, measured: str) -> None:
    view = trial_view(database, measured, SWEEP, 0)
    runs = results.runs(database, measured, SWEEP)
    own = runs.where(runs.trial == 0)
    assert (view.row.eta, view.row.alpha) == (own.eta[0], own.alpha[0])
    assert (view.row.phase, view.row.arm) == (str(own.phase[0]), str(own.arm[0]))
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


def test_each_failure_is_shown_with_its_cause_and_its_cure(api: TestClient, database: Database, measured: str) -> None:
    slow, hot = (_fail(database, number, eta) for number, eta in ((0, 1e-5), (1, 9.0)))
    for number, cause in ((slow, Cause.UNTRAINED), (hot, Cause.DIVERGED)):
        view = trial_view(database, measured, SWEEP, number)
        assert {run["cause"] for run in view.runs} == {cause}
        text = api.get(f"/studies/{measured}/trials/{SWEEP}/{number}", headers={"Accept": "text/html"}).text
        sign = SIGNS[cause]
        assert text.count(f"{sign.character} {sign.word}") == len(view.runs) + 1
        assert f"{ADVICE[cause]}." in " ".join(text.split())
    listed = api.get(f"/studies/{measured}?sweep={SWEEP}", headers={"Accept": "text/html"}).text
    assert "◇ 1/1 untrained" in listed and "✕ 1/1 diverged" in listed
    rows = api.get(f"/api/v1/studies/{measured}/trials", params={"sweep": SWEEP}).json()["items"]
    assert [row["causes"] for row in rows[:2]] == [{"untrained": 1}, {"diverged": 1}]


def _fail(database: Database, number: int, eta: float) -> int:
    """Let a finished trial have ended at chance at this rate, on a flat curve; returns its number."""
    trials, runs, curves = schema.trials, schema.runs, schema.curves
    with database.engine.begin() as connection:
        sweep = sa.select(schema.sweeps.c.id).where(schema.sweeps.c.name == SWEEP).scalar_subquery()
        own = sa.select(trials.c.id).where(trials.c.sweep_id == sweep, trials.c.number == number).scalar_subquery()
        at_chance = {"diverged_at": 2600, "divergence": "chance", "own_loss": 2.9, "cross_entropy": 2.3, "steps": 2600}
        connection.execute(sa.update(runs).where(runs.c.trial_id == own).values(loss_area=1.0, **at_chance))
        connection.execute(
            sa.update(curves)
            .where(curves.c.trial_id == own)
            .values(accuracy="[0.1, 0.1]", loss="[2.9, 2.9]", cross_entropy="[2.31, 2.31]")
        )
        connection.execute(sa.update(trials).where(trials.c.id == own).values(eta=eta, runs_diverged=trials.c.runs))
    return number


def test_rates_that_a_schedule_chose_are_shown(api: TestClient, database: Database, measured: str) -> None:
    address = f"/studies/{measured}/trials/{SWEEP}/0"
    _keep_rare(database, {"eta": (0.1, 0.1, 0.025), "eta_last": (0.1, 0.05, None)})
    view = trial_view(database, measured, SWEEP, 0)
    of_run = [("before the last layer", 0.1, 0.025, 1), ("last layer", 0.1, 0.05, 1)]
    assert [(r.layer, r.first, r.last, r.falls) for r in view.chosen] == of_run * len(view.runs)
    text = api.get(address, headers={"Accept": "text/html"}).text
    assert "Learning rate that the schedule chose" in text and "before the last layer" in text
    (row, *_) = api.get(f"/api/v1/studies/{measured}/runs", params={"sweep": SWEEP}).json()["items"]
    assert row["result"]["eta_curve"] == [0.1, 0.1, 0.025]
    assert row["result"]["eta_last_curve"] == [0.1, 0.05, None]


def _keep_rare(database: Database, rare: dict[str, tuple[float | None, ...]]) -> None:
    """Gives every run of the first trial rare curves beside its loss."""
    with database.engine.begin() as connection:
        sweep = sa.select(schema.sweeps.c.id).where(schema.sweeps.c.name == SWEEP).scalar_subquery()
        own = sa.select(schema.trials.c.id).where(schema.trials.c.sweep_id == sweep, schema.trials.c.number == 0)
        rows = sa.update(schema.curves).where(schema.curves.c.trial_id == own.scalar_subquery())
        connection.execute(rows.values(loss=loss_text((2.0, 1.0, 0.5), rare)))


def test_the_implicit_rate_is_shown_where_it_was_measured(api: TestClient, database: Database, measured: str) -> None:
    address = f"/studies/{measured}/trials/{SWEEP}/0"
    another = f"/studies/{measured}/trials/{SWEEP}/1"  # a page is kept as long as its study stays as it is
    assert "Implicit learning rate" not in api.get(another, headers={"Accept": "text/html"}).text
    rare: dict[str, tuple[float | None, ...]] = {"implicit_rate": (0.25, None, 0.5), "harmful": (0.75, 0.5, 0.125)}
    _keep_rare(database, rare)
    view = trial_view(database, measured, SWEEP, 0)
    assert [(r.first, r.last, r.harmful) for r in view.implicit] == [(0.25, 0.5, 0.125)] * len(view.runs)
    text = api.get(address, headers={"Accept": "text/html"}).text
    for said in ("Implicit learning rate", f">{percent(0.125)}<", "Backward rule: backpropagation."):
        assert said in text
    (row, *_) = api.get(f"/api/v1/studies/{measured}/runs", params={"sweep": SWEEP}).json()["items"]
    assert row["result"]["implicit_rate_curve"] == [0.25, None, 0.5]
    assert (row["result"]["harmful_curve"], row["result"]["loss_curve"]) == ([0.75, 0.5, 0.125], [2.0, 1.0, 0.5])


def test_mean_rates_of_layers_are_shown_where_they_were_measured(
    api: TestClient, database: Database, measured: str
) -> None:
    address = f"/studies/{measured}/trials/{SWEEP}/0"
    rare = {"rate_epochs": (0.0, 0.5), "last_rate": (0.875, 0.375), "last_used_rate": (0.75, None)}
    with database.engine.begin() as connection:
        sweep = sa.select(schema.sweeps.c.id).where(schema.sweeps.c.name == SWEEP).scalar_subquery()
        own = sa.select(schema.trials.c.id).where(schema.trials.c.sweep_id == sweep, schema.trials.c.number == 0)
        rows = sa.update(schema.curves).where(schema.curves.c.trial_id == own.scalar_subquery())
        connection.execute(rows.values(loss=loss_text((2.0,), rare)))
    view = trial_view(database, measured, SWEEP, 0)
    shown = [(r.layer, r.start, r.end, r.used, r.epochs) for r in view.rates]
    assert shown == [("last", 0.875, 0.375, None, 0.5)] * len(view.runs)
    text = api.get(address, headers={"Accept": "text/html"}).text
    assert "Mean learning rate of each layer" in text and f">{formats.number(0.375, 4)}<" in text
    (row, *_) = api.get(f"/api/v1/studies/{measured}/runs", params={"sweep": SWEEP}).json()["items"]
    assert (row["result"]["rate_epochs_curve"], row["result"]["last_rate_curve"]) == ([0.0, 0.5], [0.875, 0.375])


def test_the_page_shows_seeds_and_what_each_attempt_changed(
    api: TestClient, database: Database, document: dict[str, object]
) -> None:
    api.post("/api/v1/studies", json={**document, "limits": {"max_failed_share": 1.0}})
    for worker, message in (("w-1", "first error"), ("w-2", "first error")):
        batch = queue.claim(database, worker=worker, limit=64, lease_seconds=LEASE)
        assert batch is not None
        queue.fail_together(database, batch.trials, kind="raised", message=message)
    trial = batch.trials[0]
    view = trial_view(database, "small", trial.sweep, trial.number)
    assert view.replicates == trial.replicates
    assert [a.worker for a in view.attempts] == ["w-1", "w-2"]
    assert view.changes[0] == ""
    assert view.changes[1].startswith("another worker, ")
    assert view.changes[1].endswith("the same error")
    text = api.get(f"/studies/small/trials/{trial.sweep}/{trial.number}", headers={"Accept": "text/html"}).text
    for seed in (trial.replicates[0].order_seed, trial.replicates[0].init_seed, trial.replicates[0].split):
        assert f">{seed}</td>" in text
    study = api.get("/studies/small", headers={"Accept": "text/html"}).text
    assert "Failures by cause" in study
    assert "first error" in study
