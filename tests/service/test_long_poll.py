"""Waiting for trials: cheap while it lasts, ended by a trial, by time, by the caller's leaving and by a stop."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from loops import run_alone
from own_trainers import submit
from raw_http import request_head
from serving import serving
from waiting import CEILING, wait_until

from service.app import create_app
from service.client import Client
from service.lease_bodies import Leased
from service.long_poll import Askers, Waiters
from service.settings import load
from studies.storage import external, overview, schema
from studies.storage.engine import Database, open_database

WAIT = 30.0  # seconds: longer than any of these tests takes


@dataclass(frozen=True)
class Served:
    """A real server on a real database."""

    app: FastAPI
    url: str
    db: Database

    @property
    def waiters(self) -> Waiters:
        found: Waiters = self.app.state.waiters
        return found

    def asking(self, pool: ThreadPoolExecutor, worker: str, *, wait: float = WAIT) -> Future[Leased | None]:
        """A lease that is asked for in a thread of its own."""

        def ask() -> Leased | None:
            with Client(self.url) as client:
                return client.lease(worker, trials=1, seconds=600, wait=wait)

        return pool.submit(ask)


@pytest.fixture
def served(database_url: str) -> Iterator[Served]:
    db = open_database(database_url)
    app = create_app(load({}, database_url=database_url, tick_seconds=3600.0), db)
    with serving(app) as port:
        yield Served(app, f"http://127.0.0.1:{port}", db)
    db.dispose()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(64) as threads:
        yield threads


def test_a_caller_that_waits_gets_the_first_trial_there_is(served: Served, pool: ThreadPoolExecutor) -> None:
    asking = served.asking(pool, "w")
    wait_until(lambda: len(served.waiters), what="the caller to wait")
    submit(served.db)
    batch = asking.result(CEILING)
    assert batch is not None
    assert len(batch.trials) == 1
    wait_until(lambda: len(served.waiters) == 0, what="the caller to be gone")


def test_time_ends_the_wait(served: Served, pool: ThreadPoolExecutor) -> None:
    assert served.asking(pool, "w", wait=0.2).result(CEILING) is None
    assert len(served.waiters) == 0


def test_only_as_many_wake_as_there_are_trials_the_first_comer_first(served: Served, pool: ThreadPoolExecutor) -> None:
    submit(served.db)
    all_held = external.lease(served.db, owner="local", worker="other", limit=1000, seconds=3600.0)
    assert all_held is not None
    asking = []
    for number in range(4):
        asking.append(served.asking(pool, f"w{number}"))
        wait_until(lambda number=number: len(served.waiters) == number + 1, what="one more caller")  # type: ignore[misc]
    freed = [(trial.id, trial.token) for trial in all_held.trials[:2]]
    external.release(served.db, dict(freed), owner="local")
    found = [future.result(CEILING) for future in asking[:2]]
    assert all(batch is not None and len(batch.trials) == 1 for batch in found)
    assert len(served.waiters) == 2
    assert not any(future.done() for future in asking[2:])
    external.release(served.db, {t.id: t.token for t in all_held.trials}, owner="local")
    assert all(future.result(CEILING) is not None for future in asking[2:])


def test_fifty_that_wait_hold_no_thread_no_turn_and_no_connection(served: Served, pool: ThreadPoolExecutor) -> None:
    """More than the 20 seats of changes, the 32 turns of one network and the 40 threads of the pool."""
    threads = threading.active_count()
    asking = [served.asking(pool, f"w{number}") for number in range(50)]
    wait_until(lambda: len(served.waiters) == 50, what="all of them to wait")
    assert threading.active_count() - threads <= 50 + 45, "the callers' own, and no more than the service's pools"
    with Client(served.url) as client:
        assert client.ready().status == "ready"
        submit(served.db)
        assert client.study("own").summary.name == "own", "others are answered meanwhile"
    wait_until(lambda: sum(future.done() for future in asking) == 36, what="every trial of the study to be leased")
    assert overview.get(served.db, "own").summary.trials_running == 36
    wait_until(lambda: len(served.waiters) == 14, what="the others to wait on")
    submit(served.db, name="another")
    assert all(future.result(CEILING) is not None for future in asking)
    pool_of = served.db.engine.pool
    wait_until(lambda: pool_of.checkedout() == 0, what="every connection to be given back")  # type: ignore[attr-defined]


def test_idle_callers_cost_a_query_twice_a_second(served: Served, pool: ThreadPoolExecutor) -> None:
    asking = [served.asking(pool, f"w{number}") for number in range(20)]
    wait_until(lambda: len(served.waiters) == 20, what="all of them to wait")
    statements: list[str] = []
    writes: list[str] = []

    @sa.event.listens_for(served.db.engine, "before_cursor_execute")
    def note(_c: object, _cursor: object, text: str, *_rest: object) -> None:
        statements.append(text)
        if text.split()[0] in {"INSERT", "UPDATE", "DELETE"}:
            writes.append(text)

    started = time.monotonic()
    wait_until(lambda: len(statements) >= 2, what="two looks")
    taken = time.monotonic() - started
    looks = [text for text in statements if "sum(golden_studies.revision)" in text]
    assert len(looks) <= 2 * taken + 2
    assert writes == []
    submit(served.db)
    assert all(future.result(CEILING) is not None for future in asking)


def test_a_caller_that_leaves_gets_no_trial(served: Served) -> None:
    body = json.dumps({"worker": "gone", "wait": WAIT}).encode()
    head = request_head("POST", "/api/v1/leases", f"Content-Length: {len(body)}")
    with socket.create_connection(("127.0.0.1", int(served.url.rpartition(":")[2]))) as caller:
        caller.sendall(head + body)
        wait_until(lambda: len(served.waiters) == 1, what="the caller to wait")
    wait_until(lambda: len(served.waiters) == 0, what="the service to notice")
    submit(served.db)
    with served.db.read() as connection:
        assert connection.execute(sa.select(schema.trials.c.id).where(schema.RUNNING)).all() == []


def test_a_stop_ends_every_wait(served: Served, pool: ThreadPoolExecutor) -> None:
    asking = served.asking(pool, "w")
    wait_until(lambda: len(served.waiters), what="the caller to wait")
    served.waiters.close()
    assert asking.result(CEILING) is None


def test_more_than_may_wait_are_answered_at_once(database: Database) -> None:
    async def main() -> list[bool]:
        waiters, gone = Waiters(database, most=1), asyncio.Event()
        first = asyncio.create_task(waiters.wait(None, WAIT, gone))
        await asyncio.sleep(0)
        second = await waiters.wait(None, WAIT, gone)
        waiters.close()
        return [await first, second]

    assert run_alone(main()) == [False, False]


def test_askers_are_counted_by_study_and_forgotten_after_a_while() -> None:
    clock = [0.0]
    askers = Askers(60.0, clock=lambda: clock[0])
    assert askers.count("a/w1", None) == 1
    assert askers.count("a/w1", None) == 1, "the same caller again"
    assert askers.count("a/w2", "one") == 2, "whoever asks for any study shares with everybody"
    assert askers.count("b/w1", "two") == 2
    assert askers.count("c/w1", None) == 4
    clock[0] = 59.0
    assert askers.count("a/w2", "two") == 4, "it asks for another study now"
    clock[0] = 61.0
    assert askers.count("d/w", "two") == 2, "those of a minute ago are gone"


def test_many_names_cost_no_more_each() -> None:
    clock = [0.0]
    askers = Askers(60.0, clock=lambda: clock[0])
    for number in range(20_000):
        clock[0] += 0.01
        assert askers.count(f"a/{number}", None) <= 6_001
