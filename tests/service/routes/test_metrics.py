"""`/metrics`: true numbers on both databases, few queries, and every name that the dashboard and the alerts use."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from service.app import create_app
from service.prometheus import DatabaseCollector
from service.settings import Settings
from studies.language.spec import parse
from studies.plan.procedure import expected_runs, first_plans
from studies.storage import queue, studies, workers
from studies.storage.engine import Database, open_database
from studies.storage.metrics import snapshot
from studies.storage.records import WorkerStatus

BASE = "http://127.0.0.1:8000"
ROOT = Path(__file__).parents[3]
SHIPPED = (ROOT / "deploy/grafana/golden-study.json", ROOT / "deploy/prometheus/alerts.yml")


@pytest.fixture(params=["sqlite", "postgresql"])
def both(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A migrated database, on each backend in turn."""
    url = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    db = open_database(url)
    yield db
    db.dispose()


def _submit(db: Database, document: dict[str, Any]) -> None:
    spec = parse(document)
    studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))


def _values(text: str) -> dict[tuple[str, str], float]:
    """Samples by name and the values of their labels."""
    families = text_string_to_metric_families(text)
    return {(s.name, ",".join(s.labels.values())): s.value for family in families for s in family.samples}


def _scrape(client: TestClient) -> dict[tuple[str, str], float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return _values(answer.text)


def test_numbers_follow_the_queue(both: Database, document: dict[str, Any]) -> None:
    _submit(both, document)
    _submit(both, {**document, "name": "paused"})
    studies.pause(both, "paused")
    workers.register(both, name="w1", host="h", pid=1, device="cpu", version="0.0.1")
    batch = queue.claim(both, worker="w1", limit=5, lease_seconds=-1.0)
    assert batch is not None
    held = len(batch.trials)
    registry = CollectorRegistry()
    registry.register(DatabaseCollector(both))
    seen = _values(generate_latest(registry).decode())
    assert seen["golden_queue_depth", ""] == 16 - held
    assert seen["golden_trials", "waiting"] == 32 - held
    assert seen["golden_trials", "running"] == held
    assert (seen["golden_studies", "running"], seen["golden_studies", "paused"]) == (1, 1)
    assert seen["golden_leases_expired", ""] == held
    assert (seen["golden_workers_alive", ""], seen["golden_workers_other_version", ""]) == (1, 1)
    assert 0 <= seen["golden_worker_last_seen_seconds", "cpu,w1"] < 60
    assert seen["golden_database_up", ""] == 1


def test_a_speed_is_told_of_workers_that_train_alone(both: Database) -> None:
    for name, state in (("busy", "training"), ("waiting", "idle"), ("retired", "training")):
        workers.register(both, name=name, host="h", pid=1, device="cpu", version="0.0.1")
        status = WorkerStatus(state=state, images_per_second=9.0)
        queue.heartbeat(both, name, {}, lease_seconds=60, status=status)
    workers.retire(both, "retired")
    registry = CollectorRegistry()
    registry.register(DatabaseCollector(both))
    seen = _values(generate_latest(registry).decode())
    told = {key[1] for key in seen if key[0] == "golden_worker_images_per_second"}
    assert told == {"busy"}


def test_verdicts_and_runs_are_counted(api: TestClient, measured: str) -> None:
    assert api.get(f"/api/v1/studies/{measured}/verdict").status_code == 200
    seen = _scrape(api)
    assert seen["golden_runs", "done"] == 56
    assert seen["golden_trials", "ended"] == 56
    assert seen["golden_verdict_seconds_count", ""] == 1


def test_reaped_leases_are_counted(settings: Settings, database: Database, document: dict[str, Any]) -> None:
    _submit(database, document)
    assert queue.claim(database, worker="lost", limit=4, lease_seconds=-1.0) is not None
    quick = settings.model_copy(update={"tick_seconds": 0.02})
    with TestClient(create_app(quick, database), base_url=BASE) as client:
        deadline = time.monotonic() + 10
        while (reaped := _scrape(client)["golden_leases_reaped_total", ""]) < 4 and time.monotonic() < deadline:
            time.sleep(0.02)
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


def test_scrapes_in_a_row_ask_the_database_once(database: Database) -> None:
    asked: list[str] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    collector = DatabaseCollector(database)
    threads = [threading.Thread(target=lambda: list(collector.collect())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    selects = [text for text in asked if text.lstrip().startswith("SELECT")]
    assert 1 <= len(selects) <= 6


def test_no_query_reads_what_is_finished(both: Database, document: dict[str, Any]) -> None:
    """The plans of all queries about trials use the partial indexes, which hold only what waits or runs."""
    _submit(both, document)
    with both.begin() as connection:
        connection.execute(sa.text("UPDATE golden_trials SET state = 'complete' WHERE number > 1"))
    asked: list[tuple[str, Any]] = []
    sa.event.listen(both.engine, "before_cursor_execute", lambda *a: asked.append((a[2], a[3])))
    snapshot(both)
    about_trials = [(text, values) for text, values in asked if "golden_trials" in text]
    explain = "EXPLAIN QUERY PLAN " if both.kind == "sqlite" else "EXPLAIN "
    with both.begin() as connection:
        if both.kind == "postgresql":
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # so few rows would never be worth an index
        plans = ["\n".join(map(str, connection.exec_driver_sql(explain + t, v).all())) for t, v in about_trials]
    assert len(plans) == 2
    assert all(re.search("ix_golden_trials_(waiting|stackable|leased)", plan) for plan in plans), plans


def test_database_away_is_told_and_no_failure(api: TestClient, database_path: Path) -> None:
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
