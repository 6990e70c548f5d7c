"""The queue's page: in which order studies wait, and the reason that is given for each."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient
from leases import LEASE

from service.pages.queue_view import held_by, queue_view
from studies.storage import queue, standing, studies, waiting, workers
from studies.storage.editing import Edit, edit
from studies.storage.engine import Database

STUDIES = "/api/v1/studies"
HTML = {"Accept": "text/html"}


def _submit(api: TestClient, document: dict[str, Any], *names: str) -> None:
    for name in names:
        assert api.post(STUDIES, json={**document, "name": name}).status_code == 201


def _reasons(database: Database) -> dict[str, tuple[int | None, str]]:
    return {each.of.study: (each.place, each.why) for each in queue_view(database).waiting}


def test_each_study_says_why_it_waits(api: TestClient, database: Database, document: dict[str, Any]) -> None:
    _submit(api, document, "first", "second", "paused", "urgent")
    studies.pause(database, "paused")
    assert _reasons(database)["first"] == (1, "No worker is alive; start one with `golden worker`.")
    workers.register(database, name="w", host="h", pid=1, device="cpu", version="0")
    edit(database, "urgent", Edit(priority=5))
    assert queue.claim(database, worker="w", limit=1, lease_seconds=LEASE) is not None
    waiting.explain(database, "second", "no data here")
    assert _reasons(database) == {
        "urgent": (1, "It is being trained; the rest waits for the next free worker."),
        "first": (2, "Workers take what is in front of it first: urgent."),
        "second": (3, "no data here"),
        "paused": (None, "It is paused; nothing of it is claimed until it is resumed."),
    }
    assert list(_reasons(database)) == ["urgent", "first", "second", "paused"]


def test_the_pages_show_what_waits_and_what_is_held(
    api: TestClient, database: Database, document: dict[str, Any]
) -> None:
    assert "Nothing waits" in api.get("/queue", headers=HTML).text
    _submit(api, document, "first")
    workers.register(database, name="w", host="h", pid=1, device="cpu", version="0")
    batch = queue.claim(database, worker="w", limit=1, lease_seconds=LEASE)
    assert batch is not None
    link = f"/studies/first/trials/{batch.trials[0].sweep}/{batch.trials[0].number}"
    text = api.get("/queue", headers=HTML).text
    assert "15 trials wait; 1 worker is alive." in text
    assert text.count(link) == 1
    assert api.get("/workers", headers=HTML).text.count(link) == 1
    assert held_by(standing.holdings(database)).keys() == {"w"}
