"""The list of workers."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from leases import LEASE
from storage_farm import submit

from studies.storage import queue, schema, workers
from studies.storage.engine import Database, now
from studies.storage.read_models import WorkerStatus


def register(database: Database, name: str = "w") -> None:
    workers.register(database, name=name, host="here", pid=7, device="cpu", version="0.1")


def test_worker_shows_what_it_says(database: Database) -> None:
    register(database)
    status = WorkerStatus(state="training", study="first", lanes=64, stack_limit=128, runs_done=3, memory_bytes=2**40)
    assert not queue.heartbeat(database, "w", {}, lease_seconds=60, status=status).drain
    (row,) = workers.list_workers(database)
    assert (row.name, row.state, row.lanes, row.memory_bytes, row.alive) == ("w", "training", 64, 2**40, True)
    assert row.started_at <= row.last_seen_at


def test_drain_is_heard_once_asked(database: Database) -> None:
    register(database)
    assert workers.request_drain(database, "w")
    assert not workers.request_drain(database, "nobody")
    assert queue.heartbeat(database, "w", {}, lease_seconds=60, status=WorkerStatus()).drain
    register(database)
    assert not queue.heartbeat(database, "w", {}, lease_seconds=60, status=WorkerStatus()).drain


def test_retired_and_silent_workers_are_not_alive(database: Database) -> None:
    register(database, "retired")
    register(database, "silent")
    workers.retire(database, "retired")
    workers.retire(database, "nobody")
    long_ago = sa.update(schema.workers).where(schema.workers.c.name == "silent")
    with database.begin() as connection:
        seen = connection.execute(sa.select(schema.workers.c.last_seen_at)).scalars().first()
        assert seen is not None
        connection.execute(long_ago.values(last_seen_at=seen.replace(year=2020)))
    assert {row.name: (row.alive, row.state) for row in workers.list_workers(database)} == {
        "retired": (False, "gone"),
        "silent": (False, "idle"),
    }
    register(database, "alive")
    assert workers.count_alive(database) == 1


def test_workers_silent_for_long_are_forgotten_once_another_comes(database: Database) -> None:
    for name in ("old", "young"):
        register(database, name)
    with database.begin() as connection:
        for name, days in (("old", workers.KEPT_DAYS + 1), ("young", workers.KEPT_DAYS - 1)):
            at = now(connection) - timedelta(days=days)
            row = sa.update(schema.workers).where(schema.workers.c.name == name)
            connection.execute(row.values(last_seen_at=at))
    assert {row.name for row in workers.list_workers(database)} == {"old", "young"}
    register(database, "new")
    assert {row.name for row in workers.list_workers(database)} == {"young", "new"}


def test_a_rate_is_shown_of_workers_that_are_alive_alone(database: Database) -> None:
    status = WorkerStatus(state="training", trainings_per_second=3.0, images_per_second=9.0)
    for name in ("alive", "retired", "silent"):
        register(database, name)
        queue.heartbeat(database, name, {}, lease_seconds=60, status=status)
    workers.retire(database, "retired")
    at = schema.workers.c.last_seen_at
    with database.begin() as connection:
        seen = connection.execute(sa.select(at)).scalars().first()
        assert seen is not None
        silent = sa.update(schema.workers).where(schema.workers.c.name == "silent")
        connection.execute(silent.values(last_seen_at=seen.replace(year=2020)))
    rates = {row.name: row.trainings_per_second for row in workers.list_workers(database)}
    assert rates == {"alive": 3.0, "retired": None, "silent": None}


def test_heartbeat_of_an_unregistered_worker_renews_its_leases(database: Database) -> None:
    submit(database, points=1)
    batch = queue.claim(database, worker="stranger", limit=9, lease_seconds=LEASE)
    assert batch is not None
    held = {t.id: t.token for t in batch.trials}
    beat = queue.heartbeat(database, "stranger", held, lease_seconds=60, status=WorkerStatus())
    assert (beat.lost, beat.stop) == (frozenset(), frozenset())
