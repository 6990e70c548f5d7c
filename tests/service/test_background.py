"""The ticker: leases are reaped and sweeps moved on, through outages and defects."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from fastapi.testclient import TestClient
from loops import run_alone, until
from waiting import CEILING

from service.background import Tick, Ticker
from studies.storage import overview, queue
from studies.storage.engine import Database

STUDIES = "/api/v1/studies"


def test_a_tick_reaps_expired_leases(api: TestClient, database: Database, document: dict[str, Any]) -> None:
    api.post(STUDIES, json=document)
    assert queue.claim(database, worker="lost", limit=4, lease_seconds=-1.0) is not None
    ticks: list[Tick | None] = []

    async def run() -> None:
        ticker = Ticker(database, seconds=0.02, on_tick=ticks.append)
        task = asyncio.create_task(ticker.run())
        await until(lambda: ticks, what="a tick")
        ticker.stop()
        await asyncio.wait_for(task, CEILING)

    run_alone(run())
    assert ticks[0] == (4, 0)
    assert overview.get(database, "small").summary.trials_running == 0


def test_ticker_survives_an_outage(database: Database, database_path: Path) -> None:
    ticks: list[Tick | None] = []
    database_path.write_bytes(b"no database at all" * 500)

    async def run() -> None:
        ticker = Ticker(database, seconds=0.02, on_tick=ticks.append)
        task = asyncio.create_task(ticker.run())
        await until(lambda: len(ticks) >= 3 or task.done(), what="three ticks")
        assert not task.done()
        ticker.stop()
        await asyncio.wait_for(task, CEILING)

    run_alone(run())


def test_an_outages_end_is_noticed_within_a_tick(database: Database, database_path: Path) -> None:
    """However often ticks have failed before."""
    content = database_path.read_bytes()
    ticks: list[Tick | None] = []
    database_path.write_bytes(b"no database at all" * 500)

    async def run() -> None:
        ticker = Ticker(database, seconds=0.05, on_tick=ticks.append)
        task = asyncio.create_task(ticker.run())
        await until(lambda: len(ticks) >= 8, what="eight ticks")
        assert ticks == [None] * len(ticks)
        database.dispose()
        database_path.write_bytes(content)
        failed = len(ticks)
        await until(lambda: ticks[-1] is not None, what="a tick that works")
        assert ticks.index((0, 0)) - failed <= 1, "the attempt in progress may fail, the next does not"
        ticker.stop()
        await asyncio.wait_for(task, CEILING)

    run_alone(run())


def test_a_sweep_that_cannot_move_on_keeps_no_lease_from_being_reaped(
    api: TestClient, database: Database, document: dict[str, Any]
) -> None:
    api.post(STUDIES, json=document)
    with database.begin() as connection:  # the next phase is due, and the document is none that can be read
        connection.execute(sa.text("UPDATE golden_trials SET state = 'complete'"))
        connection.execute(sa.text("UPDATE golden_studies SET spec = '{}'"))
    api.post(STUDIES, json={**document, "name": "other"})
    ticks: list[Tick | None] = []
    running: list[int] = []  # trials after each tick

    def note(work: Tick | None) -> None:
        running.append(overview.get(database, "other").summary.trials_running)
        ticks.append(work)

    async def run() -> int:
        ticker = Ticker(database, seconds=0.02, on_tick=note)
        task = asyncio.create_task(ticker.run())
        await until(lambda: len(ticks) >= 8, what="eight ticks")
        assert queue.claim(database, worker="lost", limit=4, lease_seconds=-1.0) is not None
        claimed = len(ticks)
        await until(lambda: len(ticks) >= claimed + 2, what="two more")
        ticker.stop()
        await asyncio.wait_for(task, CEILING)
        return claimed

    assert running[run_alone(run()) + 1] == 0, "the tick in progress may have reaped already, the next does it"
    assert None not in ticks, "a study that cannot be planned makes no tick fail"
