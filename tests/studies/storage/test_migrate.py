"""Schemas: made once, whichever program starts first; refused where they are not exactly right."""

from __future__ import annotations

import sqlite3
import warnings
from pathlib import Path

import optuna
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from old_schemas import copy_rows, make_tables
from storage_farm import claim_some, drain, first_start, start, store_failures, submit
from waiting import exit_code

from studies.errors import SchemaError
from studies.storage import attempts, listing, overview, queue, schema
from studies.storage.engine import Database, open_database
from studies.storage.migrate import VERSION_TABLE, migrate, require_current


@pytest.fixture
def empty(empty_url: str) -> Database:
    return open_database(empty_url)


def test_empty_database_is_refused_with_the_cure(empty: Database) -> None:
    with pytest.raises(SchemaError, match="run `golden db upgrade`"):
        require_current(empty)
    with pytest.raises(SchemaError, match="run `golden db upgrade`"):
        overview.list_page(empty)
    with pytest.raises(SchemaError, match="run `golden db upgrade`"):
        submit(empty)
    empty.dispose()


def test_migrating_twice_is_migrating_once(empty: Database) -> None:
    migrate(empty)
    submit(empty)
    migrate(empty)
    require_current(empty)
    assert overview.get(empty, "first").summary.name == "first"
    empty.dispose()


def test_failed_runs_that_are_stored_are_counted_by_cause(database: Database, empty: Database) -> None:
    """Slow, hot, broken and unexplained runs, each in a trial of its own, in a database of the release before."""
    store_failures(database)
    expected = overview.get(database, "first")
    assert expected.summary.causes == {"chance": 1, "diverged": 2, "untrained": 1}
    make_tables(empty, "0006")
    assert copy_rows(database.engine, empty) > 10
    migrate(empty)
    found = overview.get(empty, "first")
    assert found.summary.causes == expected.summary.causes
    assert [sweep.phases for sweep in found.sweeps] == [sweep.phases for sweep in expected.sweeps]
    empty.dispose()


def test_whole_epochs_stay_what_they_were(database: Database, empty: Database) -> None:
    """Epochs to the target of a database of the release before, which knew no fractions and no processor time."""
    submit(database, points=1, runs=2)
    drain(database)
    make_tables(empty, "0009")
    copy_rows(database.engine, empty)
    with empty.begin() as connection:
        connection.execute(sa.text("UPDATE golden_runs SET epochs_to_target = 2 WHERE run = 0"))
        connection.execute(sa.text("UPDATE golden_runs SET epochs_to_target = NULL WHERE run = 1"))
    migrate(empty)
    found = [row.result for row in listing.iter_runs(empty, "first")]
    assert [result and result.epochs_to_target for result in found] == [2.0, None] * (len(found) // 2)
    assert {result and result.cpu_seconds for result in found} == {None}
    assert len(found) >= 2
    empty.dispose()


def test_errors_that_are_stored_become_attempts(database: Database, empty: Database) -> None:
    """A trial given up and one that waits again, in a database of the release before, which kept the latest error."""
    submit(database, points=2, losses=["golden"], limits={"max_attempts": 1, "max_failed_share": 1.0})
    queue.fail(database, claim_some(database, 1).trials[0], kind="timeout", message="too long")
    with database.begin() as connection:
        connection.execute(sa.text("UPDATE golden_trials SET error = 'raised: once', attempt = 1 WHERE number = 1"))
    make_tables(empty, "0010")
    copy_rows(database.engine, empty)
    migrate(empty)
    (given_up,), (again,) = (attempts.of_trial(empty, "first", "golden@paper", number) for number in (0, 1))
    assert (given_up.error, given_up.given_up) == ("timeout: too long", True)
    assert (given_up.worker, given_up.attempt) == ("w", 1)
    assert given_up.started_at is not None
    assert given_up.ended_at is not None
    assert (again.error, again.given_up, again.worker, again.started_at) == ("raised: once", False, None, None)
    assert [f.attempts for f in attempts.failures(empty, "first")] == [1, 1]
    summary = overview.get(empty, "first").summary
    assert (summary.tags, summary.priority, overview.get(empty, "first").notes) == ((), 0, "")
    empty.dispose()


def test_eight_programs_may_start_at_once(empty_url: str) -> None:
    starters = [start(first_start, empty_url) for _ in range(8)]
    assert [exit_code(starter) for starter in starters] == [0] * 8


def test_migrations_make_exactly_the_declared_tables(database: Database) -> None:
    options = {
        "version_table": VERSION_TABLE,
        "include_name": lambda name, kind, _: kind != "table" or str(name).startswith("golden_"),
    }
    with database.read() as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore", sa.exc.SAWarning)
        assert compare_metadata(MigrationContext.configure(connection, opts=options), schema.metadata) == []
        indexes = sa.inspect(connection).get_indexes("golden_trials")
    partial = {index["name"] for index in indexes if index.get("dialect_options")}
    assert {f"ix_golden_trials_{name}" for name in ("waiting", "stackable", "leased", "open")} <= partial


def test_optuna_accepts_the_tables_as_its_own(database: Database) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    storage = optuna.storages.RDBStorage(url, skip_table_creation=True)
    assert storage.get_current_version() == storage.get_head_version()
    study = optuna.create_study(storage=storage, study_name="foreign")
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=2)
    assert [t.number for t in study.trials] == [0, 1]
    storage.remove_session()
    storage.engine.dispose()


@pytest.mark.parametrize("table", ["golden_alembic_version", "alembic_version"])
def test_newer_or_foreign_schema_is_refused(database: Database, table: str) -> None:
    with database.begin() as connection:
        connection.execute(sa.text(f"UPDATE {table} SET version_num = 'ffff'"))
    for call in (require_current, migrate):
        with pytest.raises(SchemaError, match="ffff"):
            call(database)


def test_older_optuna_schema_is_refused(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'v3.0.0.a'"))
    for call in (require_current, migrate):
        with pytest.raises(SchemaError, match="optuna storage upgrade"):
            call(database)


def test_mixed_up_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE alembic_version (version_num TEXT)")
        other.execute("INSERT INTO alembic_version VALUES ('mlflow')")
    other.close()
    database = open_database(f"sqlite:///{path}")
    before = path.read_bytes()
    for call in (migrate, require_current):
        with pytest.raises(SchemaError, match=r"'mlflow'.*use a database of its own"):
            call(database)
    assert path.read_bytes() == before
    database.dispose()
