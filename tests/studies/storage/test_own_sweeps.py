"""Runs of our own are read behind their mirror, where the tables are this release's."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from planted_study import make, planted

from studies.plan.procedure import expected_runs, first_plans
from studies.storage import studies
from studies.storage.engine import open_database
from studies.storage.foreign import read_optuna
from studies.storage.migrate import migrate

SWEEP = "tiny/golden@digits"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "golden.db"
    db = open_database(f"sqlite:///{path}")
    migrate(db)
    spec = make(losses=["golden"])
    studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))
    planted((0.0159, 0.874)).work_off(db)
    db.dispose()
    return path


def test_single_runs_stand_for_their_trials(file: Path) -> None:
    found = read_optuna(str(file), SWEEP)
    assert len(found.runs) > 60
    assert found.rows == []
    first = found.runs[0]
    assert (first["sweep"], first["trial"], first["run"], first["phase"]) == ("golden@digits", 0, 0, "map")
    assert first["accuracy"] == pytest.approx(first["correct"] / first["n_test"])


def test_tables_of_another_release_leave_the_mirror(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE golden_alembic_version SET version_num = '9999'")
        connection.commit()
    found = read_optuna(str(file), SWEEP)
    assert (found.runs, found.values) == ([], ("accuracy",))
    assert {"params_eta", "params_alpha", "user_attrs_golden_trial", "accuracy"} <= {*found.rows[0]}
