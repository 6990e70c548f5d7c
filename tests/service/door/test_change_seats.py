"""Changes take turns: who finds no seat in time is refused, and reads pass by."""

from __future__ import annotations

import asyncio

from fastapi import FastAPI
from fastapi.testclient import TestClient
from loops import run_alone
from starlette.types import Message, Receive, Scope, Send

from service.door.arrival import Arrival
from service.door.change_seats import SEATS, ChangeSeats
from service.transfer import REQUESTS_AT_ONCE, Transfer
from studies.errors import StorageUnavailableError


def busy() -> StorageUnavailableError:
    return StorageUnavailableError("at secret-host: busy", public="the database is busy; try again later")


def test_changes_wait_for_a_seat_and_reads_do_not() -> None:
    async def scenario() -> list[int]:
        release, statuses = asyncio.Event(), list[int]()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["method"] != "GET":
                await release.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        seats = ChangeSeats(app, busy=busy, seats=1, seconds=0.05)

        async def ask(method: str) -> None:
            async def send(message: Message) -> None:
                if message["type"] == "http.response.start":
                    statuses.append(message["status"])

            async def receive() -> Message:
                return {"type": "http.request", "body": b"", "more_body": False}

            await seats({"type": "http", "method": method, "path": "/x", "headers": []}, receive, send)

        first = asyncio.create_task(ask("POST"))
        await asyncio.sleep(0)
        await ask("DELETE")
        await ask("GET")
        release.set()
        await first
        await ask("POST")
        return statuses

    assert run_alone(scenario()) == [503, 200, 200, 200]


def test_changes_that_wait_hold_no_turn_that_a_read_needs(api: TestClient) -> None:
    app = api.app
    assert isinstance(app, FastAPI)
    order = [middleware.cls for middleware in app.user_middleware]
    assert order.index(Arrival) < order.index(ChangeSeats) < order.index(Transfer)
    assert SEATS < REQUESTS_AT_ONCE
