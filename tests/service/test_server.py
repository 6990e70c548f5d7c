"""A real server process and raw sockets: bodies without end, malformed heads, and what a terminal is shown."""

from __future__ import annotations

import os
import pty
import re
import select
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2 as httpx
import psutil
import pytest
from processes import BIN, environment, served_at
from raw_http import received, request_head
from waiting import CEILING, exit_code, join_all, wait_until

from service.server import bind
from service.settings import sqlite_url
from studies.errors import GoldenError

MEGABYTE = b" " * 1_000_000
STUDIES = "/api/v1/studies"
LIMIT_MB = 10


CANARY = "canary-7f3a91c4d2e85b60"


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
            wait_until(lambda: _is_idle(here.process), what="the end of what it loads at its start")
            yield here
        finally:
            process.terminate()
            assert exit_code(process) == 0


def _is_idle(process: psutil.Process) -> bool:
    """True where no thread computes, waits for a processor or for a disk, at any look within half a second."""
    for _ in range(25):
        if states_of_threads(process) != "S":
            return False
        time.sleep(0.02)
    return True


def states_of_threads(process: psutil.Process) -> str:
    """The letters of their states, each once; S: it waits for something to happen."""
    stats = (path.read_text() for path in Path(f"/proc/{process.pid}/task").glob("*/stat"))
    return "".join(sorted({stat.rpartition(") ")[2][0] for stat in stats}))


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
        return received(connection)


def _chunks() -> Iterator[bytes]:
    for _ in range(300):
        yield b"%x\r\n%s\r\n" % (len(MEGABYTE), MEGABYTE)
    yield b"0\r\n\r\n"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_body_does_not_wait_until_its_head_was_confirmed(host: str) -> None:
    try:
        listener = bind(host, 0)
    except GoldenError:
        pytest.skip(f"this machine has no {host}")
    with listener, socket.create_connection(listener.getsockname()[:2], timeout=CEILING):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize("path", [STUDIES, f"{STUDIES}/preview", f"{STUDIES}/x/extend", "/login", "/no/such"])
@pytest.mark.parametrize("form", ["honest", "chunked", "chunked-all"])
def test_a_body_of_300_megabytes_costs_next_to_nothing(running: Running, path: str, form: str) -> None:
    before, peak = running.rss_mb, [0.0]
    honest = form == "honest"
    head = request_head("POST", path, "Content-Length: 300000000" if honest else "Transfer-Encoding: chunked")
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
        thread = threading.Thread(target=lambda: reader.append(received(connection)))
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
        (request_head("GET", STUDIES, "X-Long: " + "x" * 100_000), {b"400", b"431"}),
        (request_head("GET", STUDIES, *(f"X-{i}: {'x' * 40}" for i in range(1000))), {b"400", b"431"}),
        (request_head("GET", "/" + "a" * 100_000), {b"400", b"414"}),
        (request_head("POST", STUDIES, "Content-Length: 5", "Transfer-Encoding: chunked"), {b"400"}),
        (request_head("POST", STUDIES, "Content-Length: 5", "Content-Length: 6"), {b"400"}),
        (request_head("POST", STUDIES, "Content-Length: -1"), {b"400", b"413"}),
        (request_head("POST", STUDIES, "Content-Length: 1e3"), {b"400"}),
        (request_head("POST", STUDIES, "Transfer-Encoding: gzip, chunked"), {b"400", b"501"}),
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
        answer += received(connection)
    assert answer.split(b" ")[1] in statuses, answer[:200]
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"Traceback" not in answer
    assert _answers(running)


def test_line_breaks_in_paths_reach_no_header(running: Running) -> None:
    answer = _exchange(running, request_head("GET", "/studies/a%0d%0aSet-Cookie:%20x=1", "Connection: close"))
    head = answer.partition(b"\r\n\r\n")[0]
    assert answer.split(b" ")[1] == b"404"
    assert b"set-cookie" not in head.lower()


def test_what_is_sent_is_not_kept(running: Running, tmp_path: Path) -> None:
    """Many refused bodies in a row leave the server as large as it was."""
    before = running.rss_mb
    with httpx.Client(base_url=f"http://127.0.0.1:{running.port}", trust_env=False, timeout=CEILING) as client:
        for _ in range(50):
            assert client.post(STUDIES, content=b"[" * 200_000, headers={"Content-Type": "application/json"}).is_error
    assert running.rss_mb - before < LIMIT_MB


@pytest.mark.parametrize(("options", "written"), [((), True), (("--log-format", "json"), False)])
def test_a_terminal_alone_is_shown_the_address_that_logs_in(
    tmp_path: Path, options: tuple[str, ...], written: bool
) -> None:
    env = environment(f"sqlite:///{tmp_path}/golden.db", GOLDEN_TOKEN=CANARY)
    ours, theirs = pty.openpty()
    command = [str(BIN / "golden"), "serve", "--migrate", "--port", "0", *options]
    with subprocess.Popen(command, env=env, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        try:
            shown = wait_until(lambda: _line_from(ours), what="the first line")
            port = re.search(rb"127\.0\.0\.1:(\d+)", shown)
            assert port is not None, shown
            with httpx.Client(base_url=f"http://127.0.0.1:{int(port[1])}", trust_env=False, timeout=CEILING) as client:
                wait_until(lambda: _ready(client), what="the service")  # now it knows what SIGTERM asks
        finally:
            process.terminate()
        assert exit_code(process) == 0
    os.close(theirs)
    os.close(ours)
    assert (b"/login?code=" in shown) is written
    assert CANARY.encode() not in shown


def _line_from(terminal: int) -> bytes:
    """What was written there, b"" for nothing yet."""
    return os.read(terminal, 4096) if select.select([terminal], [], [], 0)[0] else b""


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False
