"""Rows inserted in bulk fail as other statements do: with an error of their own kind, and repeated where that helps."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from storage_farm import claim_some, results_of, submit

from studies.errors import StorageUnavailableError
from studies.storage import finishing, schema
from studies.storage.bulk import insert_rows
from studies.storage.engine import Database

ORPHAN = {"trial_id": 10**9, "run": 0, "accuracy": "[]", "cross_entropy": "[]", "loss": "[]"}


def test_a_row_that_breaks_a_rule_is_an_integrity_error(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        database.write(lambda connection: insert_rows(connection, schema.curves, [ORPHAN]))


def test_a_connection_cut_in_the_middle_is_an_outage(database: Database) -> None:
    if database.kind != "postgresql":
        pytest.skip("SQLite has no connection to cut")

    def work(connection: sa.Connection) -> None:
        mine = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
        with database.engine.connect() as other:
            other.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})
        insert_rows(connection, schema.curves, [ORPHAN] * 1000)

    with pytest.raises(StorageUnavailableError):
        database.write(work)
    submit(database)
    assert database.write(lambda connection: connection.execute(sa.text("SELECT 1")).scalar_one()) == 1


def test_a_deadlock_within_it_is_repeated(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    if database.kind != "postgresql":
        pytest.skip("SQLite waits for the whole file")
    submit(database)
    trials = claim_some(database, 2).trials
    given = []

    def insert(connection: sa.Connection, table: sa.Table, rows: list[dict[str, object]]) -> None:
        if not given:
            given.append(1)
            connection.execute(
                sa.text(
                    "CREATE FUNCTION pg_temp.lose() RETURNS trigger LANGUAGE plpgsql AS "
                    "$$ BEGIN RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01'; END $$"
                )
            )
            trigger = "CREATE TRIGGER lose BEFORE INSERT ON golden_runs EXECUTE FUNCTION pg_temp.lose()"
            connection.execute(sa.text(trigger))  # gone again when the transaction is rolled back
        insert_rows(connection, table, rows)

    monkeypatch.setattr(finishing, "insert_rows", insert)
    assert finishing.finish(database, results_of(trials)) == [True, True]
    assert given
