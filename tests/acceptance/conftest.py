"""A running service, and a way to start more processes on the same database."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import BIN, Start, environment, free_port
from waiting import wait_until

from service.client import Client, ClientError, ExitCode


@pytest.fixture
def start(database_url: str, tmp_path: Path) -> Iterator[Start]:
    """Starts `golden ...` or `golden-worker ...` on this test's database; whatever still runs is killed at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def run(program: str, *arguments: str, **env: str) -> subprocess.Popen[bytes]:
        log = (tmp_path / f"{len(started)}-{program}.log").open("wb")
        process = subprocess.Popen(
            [str(BIN / program), *arguments],
            env=environment(database_url, **env),
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=tmp_path,
        )
        log.close()
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.fixture
def server(start: Start) -> str:
    """Base URL of a running service."""
    port = free_port()
    start("golden", "serve", "--port", str(port))
    base = f"http://127.0.0.1:{port}"
    with Client(base) as client:
        wait_until(lambda: _ready(client), what="the service")
    return base


def _ready(client: Client) -> bool:
    try:
        client.ready()
    except ClientError as error:
        if error.exit_code is ExitCode.UNREACHABLE:
            return False
        raise
    return True
