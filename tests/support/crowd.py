"""A real `golden serve` under a limit of open files, and crowds of sockets that keep it waiting."""

from __future__ import annotations

import contextlib
import re
import resource
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx2 as httpx
from processes import BIN, environment
from waiting import CEILING, exit_code, wait_until

from service.settings import sqlite_url

TOKEN = "a-token-for-tests-0123456789"
READ_TOKEN = "a-token-that-may-only-look-01"
OPEN_HERE = 4096  # files that the test's own process needs


@dataclass(frozen=True)
class Besieged:
    """A server under a limit."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def lines(self) -> list[str]:
        """The log so far."""
        return self.log.read_text().splitlines()

    def get(self, path: str, *, source: str | None = None, token: str | None = TOKEN) -> httpx.Response:
        """A new connection's answer."""
        transport = httpx.HTTPTransport(local_address=source)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with httpx.Client(transport=transport, trust_env=False, timeout=CEILING) as client:
            return client.get(f"http://127.0.0.1:{self.port}{path}", headers=headers)

    @contextmanager
    def crowd(self, size: int, sent: bytes, *, source: str = "127.0.0.1") -> Iterator[list[socket.socket]]:
        """So many connections that send this and then neither send nor read."""
        with contextlib.ExitStack() as stack:
            yield [stack.enter_context(self._one(sent, source)) for _ in range(size)]

    def _one(self, sent: bytes, source: str) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), CEILING, source_address=(source, 0))
        with contextlib.suppress(ConnectionError):  # the server may have closed it already
            connection.sendall(sent)
        return connection


@contextmanager
def besieged(folder: Path, *, files: int, hard: int | None = None, **more: str) -> Iterator[Besieged]:
    """`golden serve` that may open so many files, and whose limit may be raised to `hard`."""
    _raise_own_limit()
    log = folder / "log"
    env = environment(sqlite_url(folder / "golden.db"), GOLDEN_TOKEN=TOKEN, GOLDEN_READ_TOKEN=READ_TOKEN, **more)
    command = [str(BIN / "golden"), "serve", "--migrate", "--port", "0"]
    limit = partial(resource.setrlimit, resource.RLIMIT_NOFILE, (files, hard or files))
    with (
        log.open("wb") as output,
        subprocess.Popen(command, env=env, stderr=output, cwd=folder, preexec_fn=limit) as process,
    ):
        try:
            found = wait_until(lambda: re.search(r"127\.0\.0\.1:(\d+)", log.read_text()), what="the server")
            server = Besieged(process, int(found[1]), log)
            wait_until(lambda: _ready(server), what="an answer")
            yield server
        finally:
            process.terminate()
            assert exit_code(process) == 0


def _ready(server: Besieged) -> bool:
    try:
        return server.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def _raise_own_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < OPEN_HERE:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(OPEN_HERE, hard), hard))
