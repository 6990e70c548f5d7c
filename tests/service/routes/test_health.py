"""Probes: the process runs, and it is ready only with a current schema."""

from __future__ import annotations

from pathlib import Path

from fastapi.testclient import TestClient

from service.app import create_app
from service.settings import load, sqlite_url
from studies.storage.migrate import migrate


def test_readiness_needs_a_current_schema(tmp_path: Path) -> None:
    empty = load({}, database_url=sqlite_url(tmp_path / "empty.db"), tick_seconds=3600.0)
    with TestClient(create_app(empty), base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert "golden db upgrade" in answer.json()["detail"]
        migrate(client.app.state.database)  # type: ignore[attr-defined]
        assert client.get("/readyz").json() == {"status": "ready", "database": "sqlite", "workers": 0}
