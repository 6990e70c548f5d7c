"""`golden demo`, short of training: ports, folders, names and settings. The whole of it runs in tests/acceptance."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.client import Client
from service.commands import demo
from service.commands.demo_folder import held
from studies.errors import GoldenError
from studies.storage.engine import open_database
from studies.storage.migrate import require_current


def test_a_taken_port_is_passed_over_and_the_next_is_held() -> None:
    with socket.create_server((demo.HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with demo.listen(port) as mine, demo.listen(port) as another:
            assert port < mine.getsockname()[1] < another.getsockname()[1]


def test_no_free_port_is_told_with_the_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "PORTS", 0)
    with pytest.raises(GoldenError, match="choose another with --port"):
        demo.listen(8000)


@pytest.mark.parametrize("name", ["demo", "a b%41?x=1#ü {y}"])
def test_the_folder_and_a_migrated_database_are_made(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "new" / name
    with held(folder):
        db = open_database(demo._prepare(folder))
        require_current(db)
        db.dispose()
    assert (folder / "golden.db").is_file()


def test_a_folder_is_held_by_one_demo_and_given_back(tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(GoldenError, match="another `golden demo` uses"), held(tmp_path):
        pass
    with held(tmp_path):
        pass
    with pytest.raises(GoldenError, match="with --data"), held(Path("/proc/none")):
        pass


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
