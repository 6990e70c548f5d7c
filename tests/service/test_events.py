"""Event streams: each change, the end, and no stream too many."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2 as httpx
from fastapi.testclient import TestClient
from loops import run_alone
from serving import serving
from waiting import CEILING, wait_until

from service.app import create_app
from service.events import EventStreams
from service.settings import Settings
from studies.storage import studies
from studies.storage.engine import Database

STUDIES = "/api/v1/studies"


def test_events_report_each_change_and_the_end(api: TestClient, database: Database, document: dict[str, Any]) -> None:
    api.post(STUDIES, json=document)

    async def run() -> list[str]:
        streams = EventStreams(database, poll_seconds=0.02)
        task = asyncio.create_task(streams.run())
        seen = []
        with streams.place("") as listener:
            async for event in streams.of_study("small", listener, known=None):
                seen.append(event.event or "")
                if len(seen) == 1:
                    await asyncio.to_thread(studies.pause, database, "small")
                elif len(seen) == 2:
                    await asyncio.to_thread(studies.delete, database, "small")
        streams.close()
        await asyncio.wait_for(task, CEILING)
        return seen

    assert run_alone(run()) == ["revision", "revision", "gone"]


def test_events_of_all_studies(api: TestClient, database: Database, document: dict[str, Any]) -> None:
    async def run() -> int:
        streams = EventStreams(database, poll_seconds=0.02)
        task = asyncio.create_task(streams.run())
        count = 0
        with streams.place("") as listener:
            async for _ in streams.of_all(listener, known=None):
                count += 1
                if count == 3:
                    break
                await asyncio.to_thread(api.post, STUDIES, json={**document, "name": f"n{count}"})
        streams.close()
        await asyncio.wait_for(task, CEILING)
        return count

    assert run_alone(run()) == 3


def test_closing_ends_every_stream(api: TestClient, database: Database, document: dict[str, Any]) -> None:
    api.post(STUDIES, json=document)

    async def run() -> int:
        streams = EventStreams(database, poll_seconds=0.02)
        task = asyncio.create_task(streams.run())
        count = 0
        with streams.place("") as listener:
            async for _ in streams.of_study("small", listener, known=None):
                count += 1
                streams.close()
        await asyncio.wait_for(task, CEILING)
        return count

    assert run_alone(run()) == 1


def test_streams_beyond_the_cap_are_refused(settings: Settings, database: Database) -> None:
    few = settings.model_copy(update={"max_streams": 2})
    with serving(create_app(few, database)) as port:
        url = f"http://127.0.0.1:{port}/api/v1/events"
        with httpx.stream("GET", url, timeout=CEILING) as one, httpx.stream("GET", url, timeout=CEILING) as two:
            lines = [one.iter_lines(), two.iter_lines()]
            assert [next(each) for each in lines] == ["event: revision"] * 2
            refused = httpx.get(url, timeout=CEILING)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
        wait_until(lambda: _stream_opens(url), what="room again")


def _stream_opens(url: str) -> bool:
    with httpx.stream("GET", url, timeout=CEILING) as stream:
        return stream.status_code == 200
