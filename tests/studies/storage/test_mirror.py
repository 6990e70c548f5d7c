"""Optuna and its dashboard read every sweep, and find what they would have written themselves."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import wsgiref.util
from collections.abc import Iterator
from typing import Any

import optuna
import optuna_dashboard
import pytest
import sqlalchemy as sa
from optuna.distributions import FloatDistribution
from optuna.trial import FrozenTrial, TrialState
from storage_farm import claim_some, drain, make_run, results_of, submit

from studies.coordinates import to_su
from studies.storage import finishing, listing, queue
from studies.storage.engine import Database


@pytest.fixture
def optuna_storage(database: Database) -> Iterator[optuna.storages.RDBStorage]:
    storage = optuna.storages.RDBStorage(
        database.engine.url.render_as_string(hide_password=False), skip_table_creation=True
    )
    yield storage
    storage.remove_session()
    storage.engine.dispose()


def test_load_study_agrees_with_our_rows(database: Database, optuna_storage: optuna.storages.RDBStorage) -> None:
    spec = submit(database, points=3, runs=2)
    trials = claim_some(database, 4).trials
    assert all(finishing.finish(database, results_of(trials[:2], diverged=True)))
    assert all(finishing.finish(database, results_of(trials[2:])))
    drain(database)
    for sweep in ("golden@paper", "sse@paper"):
        study = optuna.load_study(study_name=f"first/{sweep}", storage=optuna_storage)
        rows = {row.number: row for row in listing.trials_page(database, "first", sweep=sweep).items}
        assert study.direction.name == "MAXIMIZE"
        assert study.metric_names == ["accuracy"]
        assert [t.number for t in study.trials] == [0, 1, 2]
        for trial in study.trials:
            row = rows[trial.user_attrs["golden_trial"]]
            assert trial.value == row.value
            assert trial.params == {"eta": row.eta, "alpha": row.alpha}
            assert trial.user_attrs["diverged"] == row.runs_diverged
            curve = make_run(trials[0], diverged=True).accuracy_curve
            assert len(trial.intermediate_values) == len(curve)
        box = spec.search_space
        assert study.trials[0].distributions == {
            "eta": FloatDistribution(box.eta.low, box.eta.high, log=True),
            "alpha": FloatDistribution(box.alpha.low, box.alpha.high),
        }


def test_rows_equal_those_of_add_trial(database: Database, optuna_storage: optuna.storages.RDBStorage) -> None:
    submit(database, points=2)
    drain(database)
    ours = optuna.load_study(study_name="first/sse@paper", storage=optuna_storage)
    theirs = optuna.create_study(study_name="theirs", direction="maximize", storage=optuna_storage)
    theirs.add_trials(ours.trials)
    assert [comparable(t) for t in theirs.trials] == [comparable(t) for t in ours.trials]
    assert _raw(database, ours._study_id) == _raw(database, theirs._study_id)


def comparable(trial: FrozenTrial) -> dict[str, Any]:
    return {key: value for key, value in vars(trial).items() if key != "_trial_id"}


def _raw(database: Database, study_id: int) -> list[list[Any]]:
    """Everything Optuna stores of a study's trials, but for surrogate keys."""
    columns = {
        "trials": "number, state, datetime_start, datetime_complete",
        "trial_params": "param_name, param_value, distribution_json",
        "trial_values": "objective, value, value_type",
        "trial_intermediate_values": "step, intermediate_value, intermediate_value_type",
        "trial_user_attributes": "key, value_json",
    }
    found = []
    with database.read() as connection:
        for table, names in columns.items():
            where = f"SELECT trial_id FROM trials WHERE study_id = {study_id}"
            query = f"SELECT {names} FROM {table} WHERE trial_id IN ({where}) ORDER BY trial_id, {names}"
            found.append([tuple(row) for row in connection.execute(sa.text(query))])
    return found


def test_attributes_say_where_a_trial_belongs(database: Database, optuna_storage: optuna.storages.RDBStorage) -> None:
    submit(database, points=1)
    (golden, _) = claim_some(database).trials
    finishing.finish(database, results_of([golden]))
    trial = optuna.load_study(study_name="first/golden@paper", storage=optuna_storage).trials[0]
    s, u = to_su(golden.eta, golden.alpha)
    assert trial.user_attrs == {
        "golden_trial": 0,
        "phase": "map",
        "arm": "point",
        "block": 0,
        "runs": 1,
        "diverged": 0,
        "s": float(s),
        "u": float(u),
    }
    assert trial.intermediate_values == dict(enumerate(make_run(golden).accuracy_curve, start=1))


def test_failed_trials_are_fail(database: Database, optuna_storage: optuna.storages.RDBStorage) -> None:
    submit(database, points=1, limits={"max_attempts": 1, "max_failed_share": 1.0})
    for trial in claim_some(database).trials:
        assert queue.fail(database, trial, kind="raised", message="no")
    (trial,) = optuna.load_study(study_name="first/sse@paper", storage=optuna_storage).trials
    assert (trial.state, trial.value, trial.number) == (TrialState.FAIL, None, 0)


def test_smaller_is_better_for_other_objectives(database: Database, optuna_storage: optuna.storages.RDBStorage) -> None:
    submit(database, points=1, claim={"objective": "epochs_to_target"})
    trials = claim_some(database).trials
    assert all(finishing.finish(database, results_of(trials, diverged=True)))
    study = optuna.load_study(study_name="first/sse@paper", storage=optuna_storage)
    assert (study.direction.name, study.trials[0].value) == ("MINIMIZE", 31.0)  # one more than the context has


def test_numbers_go_on_behind_foreign_trials(database: Database, optuna_storage: optuna.storages.RDBStorage) -> None:
    submit(database, points=2)
    assert all(finishing.finish(database, results_of(claim_some(database, 2).trials)))
    study = optuna.load_study(study_name="first/golden@paper", storage=optuna_storage)
    study.add_trial(study.trials[0])
    drain(database)
    assert [t.number for t in study.trials] == [0, 1, 2]


def test_deleted_optuna_study_comes_back(database: Database, optuna_storage: optuna.storages.RDBStorage) -> None:
    submit(database, points=2)
    assert all(finishing.finish(database, results_of(claim_some(database, 2).trials)))
    optuna.delete_study(study_name="first/golden@paper", storage=optuna_storage)
    assert drain(database) == 2
    assert len(optuna.load_study(study_name="first/golden@paper", storage=optuna_storage).trials) == 1


def test_times_are_utc_whatever_the_zone(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from studies.storage.engine import open_database

    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    database = open_database(sqlite_url)
    try:
        submit(database, points=1)
        drain(database)
        (row,) = listing.trials_page(database, "first", sweep="sse@paper").items
        storage = optuna.storages.RDBStorage(sqlite_url, skip_table_creation=True)
        trial = optuna.load_study(study_name="first/sse@paper", storage=storage).trials[0]
        assert row.finished_at is not None
        assert trial.datetime_complete is not None
        assert abs(trial.datetime_complete.timestamp() - row.finished_at.timestamp()) < 0.001
        assert abs(row.finished_at.timestamp() - time.time()) < 1800  # UTC, not the hour of some zone
        storage.remove_session()
        storage.engine.dispose()
    finally:
        database.dispose()
        monkeypatch.undo()
        time.tzset()


def test_dashboard_shows_the_sweeps(database: Database, optuna_storage: optuna.storages.RDBStorage) -> None:
    submit(database, points=2)
    drain(database)
    dashboard = optuna_dashboard.wsgi(optuna_storage)
    found = {study["study_name"]: study["study_id"] for study in _get(dashboard, "/api/studies")["study_summaries"]}
    assert found.keys() == {"first/golden@paper", "first/sse@paper"}
    detail = _get(dashboard, f"/api/studies/{found['first/sse@paper']}")
    assert [trial["number"] for trial in detail["trials"]] == [0, 1]


def _get(app: Any, path: str) -> Any:
    environment = {"PATH_INFO": path}
    wsgiref.util.setup_testing_defaults(environment)
    return json.loads(b"".join(app(environment, lambda *_: None)))


def test_storage_imports_neither_torch_nor_its_users() -> None:
    code = (
        "import sys, pkgutil, studies.storage as s;"
        "[__import__(f'studies.storage.{m.name}') for m in pkgutil.iter_modules(s.__path__) if m.name != 'migrations'];"
        "bad = [m for m in ('torch', 'service', 'worker', 'studies.verdict') if m in sys.modules];"
        "sys.exit(str(bad) if bad else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True).stderr == ""
