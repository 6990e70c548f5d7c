"""`/metrics`: counted verdicts, requests and leases, and every name that the dashboard and the alerts use."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from samples import samples, store
from waiting import wait_until

from service.app import create_app
from service.settings import Settings
from studies.storage import queue, workers
from studies.storage.engine import Database

BASE = "http://127.0.0.1:8000"
ROOT = Path(__file__).parents[3]
SHIPPED = (ROOT / "deploy/grafana/golden-study.json", ROOT / "deploy/prometheus/alerts.yml")


def _scrape(client: TestClient) -> dict[tuple[str, str], float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return samples(answer.text)


def test_verdicts_and_runs_are_counted(api: TestClient, measured: str) -> None:
    assert api.get(f"/api/v1/studies/{measured}/verdict").status_code == 200
    seen = _scrape(api)
    assert seen["golden_runs", "done"] == 56
    assert seen["golden_trials", "ended"] == 56
    assert seen["golden_verdict_seconds_count", ""] == 1


def test_reaped_leases_are_counted(settings: Settings, database: Database, document: dict[str, Any]) -> None:
    store(database, document)
    assert queue.claim(database, worker="lost", limit=4, lease_seconds=-1.0) is not None
    quick = settings.model_copy(update={"tick_seconds": 0.02})
    with TestClient(create_app(quick, database), base_url=BASE) as client:
        reaped = wait_until(lambda: _scrape(client)["golden_leases_reaped_total", ""], what="a tick that reaps")
    assert reaped == 4


def test_requests_are_counted_by_template(api: TestClient, document: dict[str, Any]) -> None:
    api.post("/api/v1/studies", json=document)
    for name in ("small", "none-1", "none-2"):
        api.get(f"/api/v1/studies/{name}")
    api.get("/studies/small", headers={"Accept": "text/html"})
    api.get("/nowhere/at/all")
    api.request("BREW", "/api/v1/studies")
    seen = _scrape(api)
    count = "golden_request_seconds_count"
    assert seen[count, "POST,/api/v1/studies,201"] == 1
    assert seen[count, "GET,/api/v1/studies/{name},200"] == 1
    assert seen[count, "GET,/api/v1/studies/{name},404"] == 2
    assert seen[count, "GET,/studies/{name},200"] == 1
    assert seen[count, "GET,other,404"] == 1
    assert not [labels for _, labels in seen if "BREW" in labels or "none-1" in labels]


def test_a_scrape_needs_a_token_and_a_read_token_will_do(locked: TestClient) -> None:
    assert locked.get("/metrics").status_code == 401
    token = "a-token-that-may-only-look-01"
    assert locked.get("/metrics", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_a_database_away_is_reported_and_no_failure(api: TestClient, database_path: Path) -> None:
    database_path.write_bytes(b"no database at all" * 500)
    seen = _scrape(api)
    assert seen["golden_database_up", ""] == 0
    assert ("golden_queue_depth", "") not in seen


def _names_in(path: Path) -> set[str]:
    return set(re.findall(r"\b(?:golden|process)_[a-z_]+\b", path.read_text("utf-8")))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_dashboard_and_alerts_use_names_that_exist(api: TestClient, database: Database, path: Path) -> None:
    workers.register(database, name="w1", host="h", pid=1, device="cpu", version="0.0.1")
    api.get("/api/v1/studies")
    answer = api.get("/metrics").text
    exist = set(re.findall(r"^(?:# TYPE )?([a-z_]+)(?:\{|\s)", answer, re.MULTILINE))
    used = _names_in(path)
    assert len(used) >= 8
    assert used - exist == set()


def test_dashboard_is_what_grafana_reads() -> None:
    board = json.loads(SHIPPED[0].read_text("utf-8"))
    panels = board["panels"]
    assert board["uid"]
    assert len({panel["id"] for panel in panels}) == len(panels) >= 8
    for panel in panels:
        assert panel["title"]
        assert all(target["expr"] for target in panel["targets"])
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
