"""A running service, and a way to start more processes on the same database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from chaos import Fleet
from processes import BIN, Process, Start, free_port
from waiting import wait_until

from service.client import Client, ClientError, ExitCode


@pytest.fixture
def start(database_url: str, tmp_path: Path) -> Iterator[Start]:
    """Starts `golden ...` or `golden-worker ...` on this test's database; whatever still runs is killed at the end."""
    fleet = Fleet(tmp_path, forked=True)

    def run(program: str, *arguments: str, **env: str) -> Process:
        return fleet.start([str(BIN / program), *arguments], database_url, **env)

    yield run
    fleet.kill()


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
