"""Callers that break off, send what is no HTTP or keep a stream waiting: one answer at most, and no traceback."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from crowd import READ_TOKEN, TOKEN, Besieged, besieged
from raw_http import received, request_head
from waiting import CEILING, wait_until

from service.door.gate import HEADERS
from service.pages.assets import PLOTLY

STUDIES = "/api/v1/studies"
AUTH = f"Authorization: Bearer {TOKEN}"
READ = f"Authorization: Bearer {READ_TOKEN}"
CHUNKED = "Transfer-Encoding: chunked"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Besieged]:
    """A server whose log is looked at in the end."""
    with besieged(tmp_path_factory.mktemp("rude"), files=1024) as found:
        yield found


def _connected(server: Besieged, sent: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.port), CEILING)
    connection.sendall(sent)
    return connection


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"NONSENSE\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n", 400),
        (request_head("POST", STUDIES, "Content-Length: 5", "Content-Length: 6"), 400),
        (request_head("POST", STUDIES, AUTH, "Transfer-Encoding: gzip, chunked"), 501),
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 100_000, 431),
        (b"GET /healthz HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n", 505),
        (b"GET /healthz HTTP/2.0\r\nHost: 127.0.0.1\r\n\r\n", 505),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"GET /healthz HTTP/0.9\r\nHost: 127.0.0.1\r\n\r\n", 505),
        (request_head("POST", STUDIES, AUTH, CHUNKED) + b"nonsense\r\n", 400),
    ],
)
def test_every_refusal_is_a_problem_with_the_security_headers(server: Besieged, sent: bytes, status: int) -> None:
    with _connected(server, sent) as connection:
        connection.shutdown(socket.SHUT_WR)
        answer = received(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    found = dict(line.split(": ", 1) for line in lines[1:])
    assert lines[0].split()[1] == str(status), answer[:200]
    assert answer.count(b"HTTP/1.1 ") == 1
    assert found["content-type"] == "application/problem+json"
    assert {name.lower(): value.lower() for name, value in HEADERS.items()}.items() <= found.items()
    assert "x-request-id" in found
    assert json.loads(body)["status"] == status


@pytest.mark.parametrize("reset", [True, False])
@pytest.mark.parametrize(
    "sent",
    [
        request_head("GET", "/api/v1/events", READ),
        request_head("GET", "/api/v1/events", READ, "Content-Length: 9") + b"{",
        request_head("GET", "/api/v1/events", READ, CHUNKED) + b"5\r\nhello\r\n",
        request_head("GET", "/api/v1/events", READ, CHUNKED) + b"5\r\nhello\r\nnonsense\r\n",
        request_head("GET", f"/assets/{PLOTLY}", READ),
        request_head("HEAD", f"/assets/{PLOTLY}", READ),
        request_head("POST", f"{STUDIES}/preview", READ, "Content-Length: 100") + b"{",
        request_head("POST", f"{STUDIES}/preview", READ, CHUNKED) + b"5\r\nhello\r\n",
        request_head("POST", STUDIES, AUTH, CHUNKED) + b"5\r\nhello\r\nnonsense\r\n",
        request_head("POST", STUDIES, "Content-Length: 300000000") + b" " * 70_000,
        request_head("GET", STUDIES, AUTH) * 50,
        request_head("GET", STUDIES, AUTH, "Connection: close") + b"more",
        request_head("GET", STUDIES, AUTH)[:30],
        b"NONSENSE\r\n\r\n" * 100,
    ],
    ids=range(14),
)
def test_who_breaks_off_leaves_no_traceback(server: Besieged, sent: bytes, reset: bool) -> None:
    for read in (0, 1):
        connection = _connected(server, sent)
        if read and not sent.startswith(b"POST") and sent.endswith(b"\r\n\r\n"):
            connection.recv(1)
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    assert server.get("/healthz").status_code == 200


def test_no_limit_of_time_for_a_body_ends_in_a_traceback(tmp_path: Path) -> None:
    """A stream whose caller announces a body and never sends it goes on, until the caller leaves."""
    with besieged(tmp_path, files=1024) as server:
        with _connected(server, request_head("GET", "/api/v1/events", READ, "Content-Length: 9") + b"{") as connection:
            answer = received(connection)
        assert answer.startswith(b"HTTP/1.1 408 ")
        with _connected(server, request_head("GET", "/api/v1/events", READ)) as connection:
            assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
    assert "Traceback" not in server.log.read_text()


def test_the_log_holds_no_traceback(server: Besieged) -> None:
    """Last in this file: what the others left behind."""
    wait_until(lambda: server.get("/readyz").status_code == 200, what="an answer")
    text = server.log.read_text()
    assert "Traceback" not in text
    assert "ASGI" not in text
    assert len(text.splitlines()) < 100
