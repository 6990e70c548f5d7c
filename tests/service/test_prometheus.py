"""The metrics of the database: true numbers on both databases, at the cost of a few indexed queries."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from leases import LEASE
from prometheus_client import CollectorRegistry, generate_latest
from samples import samples, store
from waiting import join_all

from service.prometheus import DatabaseCollector
from studies.storage import queue, studies, workers
from studies.storage.engine import Database, open_database
from studies.storage.read_models import WorkerStatus
from studies.storage.snapshot import snapshot


@pytest.fixture(params=["sqlite", "postgresql"])
def both(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A migrated database, on each backend in turn."""
    url = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    db = open_database(url)
    yield db
    db.dispose()


def test_numbers_follow_the_queue(both: Database, document: dict[str, Any]) -> None:
    store(both, document)
    store(both, {**document, "name": "paused"})
    studies.pause(both, "paused")
    workers.register(both, name="w1", host="h", pid=1, device="cpu", version="0.0.1")
    batch = queue.claim(both, worker="w1", limit=5, lease_seconds=-1.0)
    assert batch is not None
    held = len(batch.trials)
    registry = CollectorRegistry()
    registry.register(DatabaseCollector(both))
    seen = samples(generate_latest(registry).decode())
    assert seen["golden_queue_depth", ""] == 16 - held
    assert seen["golden_trials", "waiting"] == 32 - held
    assert seen["golden_trials", "running"] == held
    assert (seen["golden_studies", "running"], seen["golden_studies", "paused"]) == (1, 1)
    assert seen["golden_leases_expired", ""] == held
    assert (seen["golden_workers_alive", ""], seen["golden_workers_other_version", ""]) == (1, 1)
    assert 0 <= seen["golden_worker_last_seen_seconds", "cpu,w1"] < 1800  # seconds, by one clock in one zone
    assert seen["golden_database_up", ""] == 1


def test_only_workers_that_train_have_a_speed(both: Database) -> None:
    for name, state in (("busy", "training"), ("waiting", "idle"), ("retired", "training")):
        workers.register(both, name=name, host="h", pid=1, device="cpu", version="0.0.1")
        status = WorkerStatus(state=state, images_per_second=9.0)
        queue.heartbeat(both, name, {}, lease_seconds=LEASE, status=status)
    workers.retire(both, "retired")
    registry = CollectorRegistry()
    registry.register(DatabaseCollector(both))
    seen = samples(generate_latest(registry).decode())
    shown = {key[1] for key in seen if key[0] == "golden_worker_images_per_second"}
    assert shown == {"busy"}


def test_scrapes_in_a_row_ask_the_database_once(database: Database) -> None:
    asked: list[str] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    collector = DatabaseCollector(database, kept_seconds=3600.0)
    threads = [threading.Thread(target=lambda: list(collector.collect())) for _ in range(8)]
    for thread in threads:
        thread.start()
    join_all(*threads)
    selects = [text for text in asked if text.lstrip().startswith("SELECT")]
    assert 1 <= len(selects) <= 6


def test_no_query_reads_what_is_finished(both: Database, document: dict[str, Any]) -> None:
    """The plans of all queries about trials use the partial indexes, which hold only what waits or runs."""
    store(both, document)
    with both.begin() as connection:
        connection.execute(sa.text("UPDATE golden_trials SET state = 'complete' WHERE number > 1"))
    asked: list[tuple[str, Any]] = []
    sa.event.listen(both.engine, "before_cursor_execute", lambda *a: asked.append((a[2], a[3])))
    snapshot(both)
    about_trials = [(text, values) for text, values in asked if "golden_trials" in text]
    explain = "EXPLAIN QUERY PLAN " if both.kind == "sqlite" else "EXPLAIN "
    with both.begin() as connection:
        if both.kind == "postgresql":
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # so few rows would never be worth an index
        plans = ["\n".join(map(str, connection.exec_driver_sql(explain + t, v).all())) for t, v in about_trials]
    assert len(plans) == 2
    assert all(re.search("ix_golden_trials_(waiting|stackable|leased)", plan) for plan in plans), plans
