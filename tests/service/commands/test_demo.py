"""`golden demo`, short of training: ports, folders, names and settings. The whole of it runs in tests/acceptance."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.client import Client
from service.commands import demo
from studies.errors import GoldenError
from studies.storage.engine import open_database
from studies.storage.migrate import require_current


def test_a_taken_port_is_passed_over() -> None:
    with socket.create_server((demo.HOST, 0)) as taken:
        port = taken.getsockname()[1]
        assert demo.free_port(port) > port


def test_no_free_port_is_told_with_the_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "PORTS", 0)
    with pytest.raises(GoldenError, match="choose another with --port"):
        demo.free_port(8000)


def test_the_folder_and_a_migrated_database_are_made(tmp_path: Path) -> None:
    url = demo._prepare(tmp_path / "new" / "demo")
    db = open_database(url)
    require_current(db)
    db.dispose()
    with pytest.raises(GoldenError, match="cannot make the folder"):
        demo._prepare(Path("/proc/none"))


def test_settings_of_another_service_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLDEN_TOKEN", "of-another-service-0123")
    env = demo._environment()
    assert "PATH" in env
    assert not [key for key in env if key.startswith("GOLDEN_")]


def test_a_used_name_gets_the_next_number(api: TestClient, document: dict[str, Any]) -> None:
    with Client("http://127.0.0.1:8000", transport=api._transport) as client:
        assert demo._unused(client, "quickstart").name == "quickstart"
        for name in ("quickstart", "quickstart-2"):
            assert api.post("/api/v1/studies", json={**document, "name": name}).status_code == 201
        spec = demo._unused(client, "quickstart")
    assert (spec.name, spec.title) == ("quickstart-3", client_title(api))


def client_title(api: TestClient) -> str:
    return str(api.get("/api/v1/catalogue/quickstart").json()["study"]["title"])
