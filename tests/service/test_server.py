"""A real server process and raw sockets: bodies without end, malformed heads, dawdlers, haste, too many streams."""

from __future__ import annotations

import asyncio
import json
import select
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx2 as httpx
import psutil
import pytest
import uvicorn
from fastapi.testclient import TestClient
from processes import BIN, environment, served_at
from waiting import CEILING, exit_code, join_all, wait_until

from service import server
from service.app import create_app
from service.door import connections, gate
from service.door.rate_limit import Allowance
from service.routes.foreign import BENCH
from service.settings import Settings, sqlite_url
from service.verdicts.one_at_a_time import PLACES
from studies.storage.engine import Database

MEGABYTE = b" " * 1_000_000
STUDIES = "/api/v1/studies"
LIMIT_MB = 10


@dataclass(frozen=True)
class Running:
    """A server process and where it listens."""

    process: psutil.Process
    port: int

    @property
    def rss_mb(self) -> float:
        """Resident memory."""
        return self.process.memory_info().rss / 1e6

    def connect(self) -> socket.socket:
        """A raw connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=CEILING)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """`golden serve` on a database of its own, warmed up."""
    folder = tmp_path_factory.mktemp("server")
    log = folder / "log"
    env = environment(sqlite_url(folder / "golden.db"))
    command = [str(BIN / "golden"), "serve", "--migrate", "--port", "0"]
    with log.open("wb") as output, subprocess.Popen(command, env=env, stderr=output, cwd=folder) as process:
        try:
            wait_until(lambda: "\n" in log.read_text(), what="the server")
            port = int(served_at(log.read_text().splitlines()[0]).rpartition(":")[2])
            here = Running(psutil.Process(process.pid), port)
            wait_until(lambda: _answers(here), what="an answer")
            yield here
        finally:
            process.terminate()
            assert exit_code(process) == 0


def _answers(here: Running) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{here.port}{STUDIES}", trust_env=False, timeout=CEILING).status_code == 200
    except httpx.TransportError:
        return False


def _exchange(here: Running, head: bytes, pieces: Iterator[bytes] | None = None) -> bytes:
    """Send a head, then pieces until something comes back; everything that came until the server closed."""
    with here.connect() as connection:
        connection.sendall(head)
        for piece in pieces or ():
            if select.select([connection], [], [], 0)[0]:
                break
            connection.sendall(piece)
        return _read(connection)


def _read(connection: socket.socket) -> bytes:
    received = b""
    try:
        while piece := connection.recv(65_536):
            received += piece
    except ConnectionResetError:
        pass
    return received


def _head(method: str, path: str, *headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def _chunks() -> Iterator[bytes]:
    for _ in range(300):
        yield b"%x\r\n%s\r\n" % (len(MEGABYTE), MEGABYTE)
    yield b"0\r\n\r\n"


@pytest.mark.parametrize("path", [STUDIES, f"{STUDIES}/preview", f"{STUDIES}/x/extend", "/login", "/no/such"])
@pytest.mark.parametrize("form", ["honest", "chunked", "chunked-all"])
def test_a_body_of_300_megabytes_costs_next_to_nothing(running: Running, path: str, form: str) -> None:
    before, peak = running.rss_mb, [0.0]
    honest = form == "honest"
    head = _head("POST", path, "Content-Length: 300000000" if honest else "Transfer-Encoding: chunked")
    pieces = iter([MEGABYTE] * 300) if honest else _chunks()
    if form == "chunked-all":
        pieces = _pressed(running, head, peak)
        answer = b"".join(pieces)
    else:
        answer = _exchange(running, head, pieces)
    grown = max(running.rss_mb, peak[0]) - before
    status = answer.split(b" ")[1]
    assert status == b"413" or (not honest and path in {"/login", "/no/such"} and status in {b"404", b"405"})
    assert answer.count(b"HTTP/1.1") == 1
    assert b"application/problem+json" in answer
    assert grown < LIMIT_MB


def _pressed(here: Running, head: bytes, peak: list[float]) -> Iterator[bytes]:
    """Keep sending whatever the server says, for as long as it takes anything."""
    with here.connect() as connection:
        connection.sendall(head)
        reader: list[bytes] = []
        thread = threading.Thread(target=lambda: reader.append(_read(connection)))
        thread.start()
        try:
            for piece in _chunks():
                connection.sendall(piece)
                peak[0] = max(peak[0], here.rss_mb)
        except OSError:
            pass
        join_all(thread)
        yield from reader


@pytest.mark.parametrize(
    ("head", "statuses"),
    [
        (_head("GET", STUDIES, "X-Long: " + "x" * 100_000), {b"400", b"431"}),
        (_head("GET", STUDIES, *(f"X-{i}: {'x' * 40}" for i in range(1000))), {b"400", b"431"}),
        (_head("GET", "/" + "a" * 100_000), {b"400", b"414"}),
        (_head("POST", STUDIES, "Content-Length: 5", "Transfer-Encoding: chunked"), {b"400"}),
        (_head("POST", STUDIES, "Content-Length: 5", "Content-Length: 6"), {b"400"}),
        (_head("POST", STUDIES, "Content-Length: -1"), {b"400", b"413"}),
        (_head("POST", STUDIES, "Content-Length: 1e3"), {b"400"}),
        (_head("POST", STUDIES, "Transfer-Encoding: gzip, chunked"), {b"400", b"501"}),
        (b"GET " + STUDIES.encode() + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\x00b\r\n\r\n", {b"400"}),
        (b"GET " + STUDIES.encode() + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n X: folded\r\n\r\n", {b"400", b"421", b"200"}),
        (b"GET " + STUDIES.encode() + b" HTTP/1.1\r\n\r\n", {b"400", b"421"}),
        (b"GET " + STUDIES.encode() + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil\r\n\r\n", {b"400", b"421"}),
        (b"GET http://evil.example" + STUDIES.encode() + b" HTTP/1.1\r\nHost: evil.example\r\n\r\n", {b"421"}),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", {b"400"}),
        (b"NONSENSE\r\n\r\n", {b"400"}),
        (b"GET /x\r\nSet-Cookie:a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", {b"400"}),
    ],
    ids=range(16),
)
def test_malformed_heads_are_refused_once(running: Running, head: bytes, statuses: set[bytes]) -> None:
    with running.connect() as connection:
        connection.sendall(head)
        answer = connection.recv(65_536)
        connection.shutdown(socket.SHUT_WR)
        answer += _read(connection)
    assert answer.split(b" ")[1] in statuses, answer[:200]
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"Traceback" not in answer
    assert _answers(running)


def test_line_breaks_in_paths_reach_no_header(running: Running) -> None:
    answer = _exchange(running, _head("GET", "/studies/a%0d%0aSet-Cookie:%20x=1", "Connection: close"))
    head = answer.partition(b"\r\n\r\n")[0]
    assert answer.split(b" ")[1] == b"404"
    assert b"set-cookie" not in head.lower()


@contextmanager
def _serving(app: Any) -> Iterator[int]:
    """The application served by this process's own event loop, in a thread; gives the port."""
    listener = server.bind("127.0.0.1", 0)
    config = uvicorn.Config(app, log_config=None, http=connections.Connection, ws="none", timeout_graceful_shutdown=1)
    served = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(served.serve(sockets=[listener])))
    thread.start()
    try:
        wait_until(lambda: served.started, what="the server")
        yield listener.getsockname()[1]
    finally:
        app.state.feed.close()
        served.should_exit = True
        join_all(thread)
        listener.close()


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"G"])
def test_dawdlers_are_sent_away(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    with _serving(create_app(settings, database)) as port:
        with monkeypatch.context() as hasty:
            hasty.setattr(connections, "HEAD_SECONDS", 0.3)
            with socket.create_connection(("127.0.0.1", port), timeout=CEILING) as connection:
                connection.sendall(sent)
                assert _read(connection) == b"", "closed by the server"
        assert httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False, timeout=CEILING).status_code == 200


def test_a_body_that_never_ends_is_given_up(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "BODY_SECONDS", 0.3)
    with (
        _serving(create_app(settings, database)) as port,
        socket.create_connection(("127.0.0.1", port), timeout=CEILING) as connection,
    ):
        connection.sendall(_head("POST", STUDIES, "Content-Length: 100") + b"{")
        assert _read(connection).split(b" ")[1] == b"408"


def test_streams_beyond_the_cap_are_refused(settings: Settings, database: Database) -> None:
    few = settings.model_copy(update={"max_streams": 2})
    with _serving(create_app(few, database)) as port:
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


TABLE = "eta,alpha,value\n" + "".join(f"{0.01 * n},0.5,0.9\n" for n in range(1, 9))


def test_callers_who_wait_for_verdicts_freeze_nothing(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one table is judged, of sixty more two wait, the others hear so at once, and probes are answered."""
    monkeypatch.setattr(BENCH, "_patience", 600.0)  # however slow this machine, nobody is refused for having waited
    with _serving(create_app(settings, database)) as port, ThreadPoolExecutor(60) as callers:
        with BENCH.seated():
            asked = [callers.submit(_asked, port, "POST", "/api/v1/verdicts", TABLE) for _ in range(60)]
            wait_until(lambda: sum(a.done() for a in asked) == 60 - PLACES, what="refusals at once")
            refused = {a.result() for a in asked if a.done()}
            assert [_asked(port, "GET", path)[0] for path in ("/healthz", "/readyz")] == [200, 200]
            assert BENCH.waiting == PLACES
        assert refused == {(429, "10")}
        assert sorted(a.result()[0] for a in asked)[:PLACES] == [200] * PLACES


def _asked(port: int, method: str, path: str, body: str | None = None) -> tuple[int, str | None]:
    """Status and Retry-After of one request on a connection of its own."""
    connection = HTTPConnection("127.0.0.1", port, timeout=CEILING)
    try:
        connection.request(method, path, body, {"Content-Type": "text/csv"})
        answer = connection.getresponse()
        return answer.status, answer.headers["retry-after"]
    finally:
        connection.close()


def _limited_client(settings: Settings, database: Database, per_minute: int) -> TestClient:
    few = settings.model_copy(update={"writes_per_minute": per_minute})
    return TestClient(create_app(few, database), base_url="http://127.0.0.1:8000", raise_server_exceptions=False)


def test_haste_is_told_when_to_come_again(
    settings: Settings, database: Database, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "Allowance", partial(Allowance, clock=lambda: 0.0))  # nothing refills meanwhile
    with _limited_client(settings, database, 5) as client:
        answers = [client.post(STUDIES, json={**document, "name": f"n{i}"}) for i in range(8)]
        assert [answer.status_code for answer in answers] == [201] * 5 + [429] * 3
        assert answers[-1].headers["content-type"] == "application/problem+json"
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 12
        disguised = client.post(STUDIES, json=document, headers={"X-Forwarded-For": "1.2.3.4", "Forwarded": "for=9"})
        assert disguised.status_code == 429
        assert client.get(STUDIES).status_code == 200
        assert client.post(f"{STUDIES}/preview", json=document).status_code == 200
        assert 'golden_requests_refused_total{kind="write"} 4.0' in client.get("/metrics").text


def test_a_thousand_submits_at_once_meet_the_limit(api: TestClient, settings: Settings) -> None:
    content = json.dumps({"name": "-"}).encode()
    headers = {"Content-Type": "application/json"}
    started = time.monotonic()
    statuses = [api.post(STUDIES, content=content, headers=headers).status_code for _ in range(1000)]
    allowed = settings.writes_per_minute * (1.0 + (time.monotonic() - started) / 60.0)
    assert set(statuses) == {422, 429}
    assert statuses.count(422) <= allowed + 1


def test_an_allowance_refills_and_forgets_nobody_early() -> None:
    now = [0.0]
    allowance = Allowance(60, clock=lambda: now[0])
    assert [allowance.take("a") for _ in range(61)] == [0] * 60 + [1]
    assert allowance.take("b") == 0
    now[0] = 1.0
    assert [allowance.take("a"), allowance.take("a")] == [0, 1]
    now[0] = 3600.0
    assert [allowance.take("a") for _ in range(61)] == [0] * 60 + [1]


def test_what_is_sent_is_not_kept(running: Running, tmp_path: Path) -> None:
    """Many refused bodies in a row leave the server as large as it was."""
    before = running.rss_mb
    with httpx.Client(base_url=f"http://127.0.0.1:{running.port}", trust_env=False, timeout=CEILING) as client:
        for _ in range(50):
            assert client.post(STUDIES, content=b"[" * 200_000, headers={"Content-Type": "application/json"}).is_error
    assert running.rss_mb - before < LIMIT_MB
