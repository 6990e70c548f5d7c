"""Connections that ask nothing are closed."""

from __future__ import annotations

import socket

import httpx2 as httpx
import pytest
from raw_http import received
from serving import serving
from waiting import CEILING

from service.app import create_app
from service.door import connections
from service.settings import Settings
from studies.storage.engine import Database


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"G"])
def test_slow_connections_are_closed(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    with serving(create_app(settings, database)) as port:
        with monkeypatch.context() as patch:
            patch.setattr(connections, "HEAD_SECONDS", 0.3)
            with socket.create_connection(("127.0.0.1", port), timeout=CEILING) as connection:
                connection.sendall(sent)
                assert received(connection) == b"", "closed by the server"
        assert httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False, timeout=CEILING).status_code == 200
