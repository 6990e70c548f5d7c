"""The list of notices: paged, cheap to poll, and there for whoever may read."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient

from service.schemas import NoticeList
from studies.storage import queue, studies
from studies.storage.engine import Database

NOTICES = "/api/v1/notices"


def test_a_completion_is_listed_and_outlives_its_study(api: TestClient, database: Database, measured: str) -> None:
    found = NoticeList.model_validate(api.get(NOTICES).json())
    assert [(notice.study, notice.event) for notice in found.items] == [(measured, "decided"), (measured, "completed")]
    summary = api.get(f"/api/v1/studies/{measured}").json()["summary"]
    assert {notice.revision for notice in found.items} == {summary["revision"]}
    studies.delete(database, measured)
    assert len(api.get(NOTICES, params={"study": measured}).json()["items"]) == 2
    assert api.get(NOTICES, params={"study": "other"}).json()["items"] == []


def test_pages_follow_each_other_and_polling_is_cheap(api: TestClient, measured: str) -> None:
    first = api.get(NOTICES, params={"limit": 1})
    assert f"{NOTICES}?limit=1&cursor=" in first.headers["link"]
    second = api.get(NOTICES, params={"limit": 1, "cursor": first.json()["next_cursor"]})
    assert (second.json()["items"][0]["event"], second.json()["next_cursor"]) == ("completed", None)
    assert api.get(NOTICES, headers={"If-None-Match": api.get(NOTICES).headers["etag"]}).status_code == 304


def test_a_new_notice_is_a_new_tag(api: TestClient, database: Database, document: dict[str, Any]) -> None:
    empty = api.get(NOTICES)
    assert empty.json() == {"items": [], "next_cursor": None}
    api.post("/api/v1/studies", json={**document, "limits": {"max_attempts": 1, "max_failed_share": 0.0}})
    batch = queue.claim(database, worker="w", limit=1, lease_seconds=60.0)
    assert batch is not None
    queue.fail(database, batch.trials[0], kind="raised", message="no")
    again = api.get(NOTICES, headers={"If-None-Match": empty.headers["etag"]})
    assert [item["event"] for item in again.json()["items"]] == ["failed"]


def test_what_is_refused(api: TestClient, locked: TestClient) -> None:
    for query in ("limit=0", "limit=501", "cursor=nonsense", "study=" + "x" * 64, "states=failed"):
        assert api.get(f"{NOTICES}?{query}").status_code == 422, query
    assert api.get(f"{NOTICES}?study=No%20Name").status_code == 404
    assert locked.get(NOTICES).status_code == 401
