"""The transfer of responses: HEAD, gzip, pieces, bodies before turns."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx2 as httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from raw_http import received, request_head
from serving import serving
from waiting import CEILING, wait_until

from service.app import create_app
from service.door.security import login_code
from service.pages.assets import PLOTLY
from service.settings import Settings
from service.transfer import REQUESTS_AT_ONCE, accepts_gzip
from studies.storage.engine import Database

STUDIES = "/api/v1/studies"
TOKEN = "a-token-for-tests-0123456789"


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("gzip", True),
        ("GZIP, deflate, br", True),
        ("x-gzip", True),
        ("gzip;q=0.5", True),
        ("gzip ; q=0.001", True),
        ("gzip;q=0", False),
        ("gzip;q=0.0, *", False),
        ("deflate, gzip; q=0", False),
        ("identity;q=1, gzip;q=0.5", False),
        ("gzip;q=x", False),
        ("gzip;q=nan", False),
        ("not-gzip", False),
        ("", False),
    ],
)
def test_gzip_is_used_where_it_is_accepted(api: TestClient, header: str, accepted: bool) -> None:
    assert accepts_gzip(header) is accepted
    for path in ("/", f"/assets/{PLOTLY}", "/api/v1/schema"):
        answer = api.get(path, headers={"Accept-Encoding": header})
        assert answer.status_code == 200
        assert (answer.headers.get("content-encoding") == "gzip") is accepted, path


def _paths(app: FastAPI) -> Iterator[str]:
    for path, methods in app.openapi()["paths"].items():
        if "get" in methods and path != "/login":
            yield path.replace("{form}", "csv").replace("{kind}", "landscape").replace("{name}", "measured")
    yield from ("/", "/submit", "/workers", "/docs", "/redoc", "/favicon.ico", f"/assets/{PLOTLY}", "/no/such")


def test_head_is_answered_as_get_without_its_body(settings: Settings, database: Database, measured: str) -> None:
    app = create_app(settings, database)
    with (
        serving(app) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=CEILING) as client,
    ):
        for path in _paths(app):
            head = client.head(path)
            assert head.content == b"", path
            if path.endswith("/events"):
                assert (head.status_code, head.headers["content-type"][:17]) == (200, "text/event-stream")
                continue
            get = client.get(path)
            assert head.status_code == get.status_code, path
            fixed = () if path == "/metrics" else ("content-length", "etag")  # each request changes the metrics
            for name in ("content-type", "content-security-policy", *fixed):
                assert head.headers.get(name) == get.headers.get(name), (path, name)
        wait_until(lambda: app.state.event_streams.listeners == 0, what="the streams to end")


def test_head_of_a_login_address_does_not_use_it_up(locked: TestClient) -> None:
    code = {"code": login_code(TOKEN)}
    assert locked.head("/login", params=code, follow_redirects=False).status_code == 204
    assert locked.get("/login", params=code, follow_redirects=False).status_code == 303


def test_slow_bodies_take_no_turn_from_others(settings: Settings, database: Database) -> None:
    with serving(create_app(settings, database)) as port:
        head = request_head("POST", f"{STUDIES}/preview", "Content-Length: 10") + b"{"
        waiting = [socket.create_connection(("127.0.0.1", port), CEILING) for _ in range(2 * REQUESTS_AT_ONCE)]
        for connection in waiting:
            connection.sendall(head)
        assert httpx.get(f"http://127.0.0.1:{port}{STUDIES}", trust_env=False, timeout=CEILING).status_code == 200
        waiting[-1].sendall(b'"a":1}   ')
        assert waiting[-1].recv(100).startswith(b"HTTP/1.1 422")
        for connection in waiting:
            connection.close()


def test_a_large_body_arrives_whole(settings: Settings, database: Database) -> None:
    with (
        serving(create_app(settings, database)) as port,
        socket.create_connection(("127.0.0.1", port), CEILING) as connection,
    ):
        connection.sendall(request_head("GET", f"/assets/{PLOTLY}", "Connection: close"))
        head, _, body = received(connection).partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head.lower()
    assert len(body) > 1_000_000
