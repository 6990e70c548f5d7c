"""Bodies arrive whole, or are refused, before anything is done with their requests."""

from __future__ import annotations

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from loops import run_alone
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from service.door.arrival import Arrival

POST = {"type": "http", "method": "POST", "path": "/x", "headers": [(b"content-length", b"3")]}


def test_a_body_reaches_the_application_whole() -> None:
    app = FastAPI(middleware=[Middleware(Arrival)])

    @app.post("/echo")
    async def echo(request: Request) -> int:
        return len(await request.body())

    with TestClient(app) as client:
        assert client.post("/echo", content=b"x" * 300_000).json() == 300_000
        assert client.post("/echo", content=iter([b"abc", b"", b"de"])).json() == 5
        assert client.post("/echo").json() == 0


async def _never(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise AssertionError("the application was asked")


def test_a_refusal_of_the_body_is_answered_before_the_application_is_asked() -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        raise HTTPException(408, "the body did not arrive in time")

    async def send(message: Message) -> None:
        sent.append(message)

    run_alone(Arrival(_never)(POST, receive, send))
    assert sent[0]["status"] == 408
    assert b"in time" in sent[1]["body"]


def test_a_caller_that_leaves_is_no_request() -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(_message: Message) -> None:
        raise AssertionError("nothing is sent")

    with pytest.raises(ClientDisconnect):
        run_alone(Arrival(_never)(POST, receive, send))
