"""Connections that ask nothing are closed."""

from __future__ import annotations

import socket
import time

import httpx2 as httpx
import pytest
from serving import serving

from service.app import create_app
from service.door import connections
from service.settings import Settings
from studies.storage.engine import Database


def _read(connection: socket.socket) -> bytes:
    received = b""
    try:
        while piece := connection.recv(65_536):
            received += piece
    except ConnectionResetError:
        pass
    return received


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"G"])
def test_dawdlers_are_sent_away(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.3)
    with serving(create_app(settings, database)) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(sent)
            started = time.monotonic()
            assert _read(connection) == b""
            assert time.monotonic() - started < 5
        assert httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).status_code == 200
