"""The application as a whole: imports, documentation, background work, event streams."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient
from loops import run_alone, until
from waiting import CEILING

from service.app import create_app
from service.background import Tick, Ticker, tick
from service.events import Feed
from service.settings import load, sqlite_url
from service.verdicts.cache import Judge
from studies.records import StudyState
from studies.storage import overview, queue, studies
from studies.storage.engine import Database
from studies.storage.migrate import migrate

STUDIES = "/api/v1/studies"


def test_service_loads_no_tensor_library() -> None:
    imports = "import sys, service.app, service.cli, service.commands.demo"
    code = f"{imports}; print(*{{'torch', 'torchvision', 'sklearn'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_openapi_documents_every_route_with_its_problems(api: TestClient) -> None:
    app = api.app
    assert isinstance(app, FastAPI)
    document = app.openapi()
    ids = [op["operationId"] for path in document["paths"].values() for op in path.values()]
    assert len(ids) == len(set(ids)) >= 28
    submit = document["paths"][STUDIES]["post"]
    assert {"200", "201", "401", "403", "409", "413", "415", "422", "503"} <= submit["responses"].keys()
    assert "application/problem+json" in submit["responses"]["422"]["content"]
    assert (
        submit["requestBody"]["content"]["application/json"]["examples"]["quickstart"]["value"]["name"] == "quickstart"
    )
    assert {"ProblemDetails", "FieldError", "StudySpec", "StudyDetail", "LabelledVerdict", "JudgedTable"} <= document[
        "components"
    ]["schemas"].keys()


def test_tick_moves_studies_on_and_reaps(api: TestClient, database: Database, document: dict[str, Any]) -> None:
    api.post(STUDIES, json=document)
    assert queue.claim(database, worker="lost", limit=4, lease_seconds=-1.0) is not None
    reaped, _ = tick(database)
    assert reaped == 4
    assert overview.get(database, "small").summary.trials_running == 0


def test_ticker_survives_an_outage(database: Database, database_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    content = database_path.read_bytes()
    database_path.write_bytes(b"no database at all" * 500)

    told: list[Tick | None] = []

    async def run() -> None:
        ticker = Ticker(database, seconds=0.02, told=told.append)
        task = asyncio.create_task(ticker.run())
        await until(lambda: len(told) >= 3 or task.done(), what="three ticks")
        assert not task.done()
        ticker.stop()
        await asyncio.wait_for(task, CEILING)

    run_alone(run())
    database_path.write_bytes(content)
    assert tick(database) == (0, 0)


def test_an_outages_end_is_noticed_within_a_tick(database: Database, database_path: Path) -> None:
    """However often ticks have failed before."""
    content = database_path.read_bytes()
    told: list[Tick | None] = []
    database_path.write_bytes(b"no database at all" * 500)

    async def run() -> None:
        ticker = Ticker(database, seconds=0.05, told=told.append)
        task = asyncio.create_task(ticker.run())
        await until(lambda: len(told) >= 8, what="eight ticks")
        assert told == [None] * len(told)
        database.dispose()
        database_path.write_bytes(content)
        failed = len(told)
        await until(lambda: told[-1] is not None, what="a tick that works")
        assert told.index((0, 0)) - failed <= 1, "the attempt in progress may fail, the next does not"
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
    told: list[Tick | None] = []
    running: list[int] = []  # trials after each tick

    def note(done: Tick | None) -> None:
        told.append(done)
        running.append(overview.get(database, "other").summary.trials_running)

    async def run() -> int:
        ticker = Ticker(database, seconds=0.02, told=note)
        task = asyncio.create_task(ticker.run())
        await until(lambda: len(told) >= 8, what="eight ticks")
        assert queue.claim(database, worker="lost", limit=4, lease_seconds=-1.0) is not None
        claimed = len(told)
        await until(lambda: len(told) >= claimed + 2, what="two more")
        ticker.stop()
        await asyncio.wait_for(task, CEILING)
        return claimed

    assert running[run_alone(run()) + 1] == 0, "the tick in progress may have reaped already, the next does it"
    assert set(told) == {None}, "each tick tells that it did not do everything"


def test_events_tell_each_change_and_the_end(api: TestClient, database: Database, document: dict[str, Any]) -> None:
    api.post(STUDIES, json=document)

    async def run() -> list[str]:
        feed = Feed(database, poll_seconds=0.02)
        task = asyncio.create_task(feed.run())
        seen = []
        async for event in feed.of_study("small", known=None):
            seen.append(event.event or "")
            if len(seen) == 1:
                await asyncio.to_thread(studies.pause, database, "small")
            elif len(seen) == 2:
                await asyncio.to_thread(studies.delete, database, "small")
        feed.close()
        await asyncio.wait_for(task, CEILING)
        return seen

    assert run_alone(run()) == ["revision", "revision", "gone"]


def test_events_of_all_studies(api: TestClient, database: Database, document: dict[str, Any]) -> None:
    async def run() -> int:
        feed = Feed(database, poll_seconds=0.02)
        task = asyncio.create_task(feed.run())
        count = 0
        async for _ in feed.of_all(known=None):
            count += 1
            if count == 3:
                break
            await asyncio.to_thread(api.post, STUDIES, json={**document, "name": f"n{count}"})
        feed.close()
        await asyncio.wait_for(task, CEILING)
        return count

    assert run_alone(run()) == 3


def test_closing_the_feed_ends_its_streams(api: TestClient, database: Database, document: dict[str, Any]) -> None:
    api.post(STUDIES, json=document)

    async def run() -> int:
        feed = Feed(database, poll_seconds=0.02)
        task = asyncio.create_task(feed.run())
        count = 0
        async for _ in feed.of_study("small", known=None):
            count += 1
            feed.close()
        await asyncio.wait_for(task, CEILING)
        return count

    assert run_alone(run()) == 1


def test_judge_keeps_a_verdict_until_the_study_changes(api: TestClient, database: Database, measured: str) -> None:
    judge = Judge(database)
    first = judge.verdict(measured)
    assert judge.verdict(measured) is first
    assert judge.verdict(measured, "error") is not first
    assert overview.get(database, measured).summary.state is StudyState.COMPLETE


def test_readiness_needs_a_current_schema(tmp_path: Path) -> None:
    empty = load({}, database_url=sqlite_url(tmp_path / "empty.db"), tick_seconds=3600.0)
    with TestClient(create_app(empty), base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert "golden db upgrade" in answer.json()["detail"]
        migrate(client.app.state.database)  # type: ignore[attr-defined]
        assert client.get("/readyz").json() == {"status": "ready", "database": "sqlite", "workers": 0}
