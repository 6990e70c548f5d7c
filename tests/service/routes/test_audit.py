"""The audit list over HTTP: newest first, in pages, cheap to poll, and longer than its study."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from studies.storage import audit
from studies.storage.engine import Database
from studies.storage.fingerprints import same_data

STUDIES = "/api/v1/studies"
AUDIT = f"{STUDIES}/small/audit"


@pytest.fixture
def steered(api: TestClient, document: dict[str, Any]) -> TestClient:
    """A client of a service whose study was submitted, paused and resumed."""
    api.post(STUDIES, json=document)
    for verb in ("pause", "resume"):
        assert api.post(f"{STUDIES}/small/{verb}").status_code == 200
    return api


def actions(client: TestClient, address: str = AUDIT) -> list[str]:
    return [item["action"] for item in client.get(address).json()["items"]]


def test_the_newest_change_stands_first(steered: TestClient, database: Database) -> None:
    same_data(database, "small", "digits", "ab" * 32, worker="w")
    items = steered.get(AUDIT).json()["items"]
    assert [item["action"] for item in items] == ["resume", "pause", "submit"], "and no provenance note among them"
    assert set(items[0]) == {"at", "study", "actor", "action", "detail"}
    times = [datetime.fromisoformat(item["at"]) for item in items]
    assert times == sorted(times, reverse=True)
    assert all(at.tzinfo is not None for at in times)
    assert items[-1]["detail"].startswith("16 runs, document ")


def test_a_deleted_study_keeps_its_list_and_a_name_never_used_has_none(steered: TestClient) -> None:
    assert steered.delete(f"{STUDIES}/small").status_code == 204
    assert steered.get(f"{STUDIES}/small").status_code == 404
    assert actions(steered) == ["delete", "resume", "pause", "submit"]
    for name in ("never", "No Slug"):
        answer = steered.get(f"{STUDIES}/{name}/audit")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_pages_follow_their_links(steered: TestClient) -> None:
    first = steered.get(f"{AUDIT}?limit=2")
    assert [item["action"] for item in first.json()["items"]] == ["resume", "pause"]
    assert actions(steered, first.links["next"]["url"]) == ["submit"]
    assert steered.get(f"{AUDIT}?limit=2&cursor={first.json()['next_cursor']}").json()["next_cursor"] is None


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "cursor=x", "actor=me"])
def test_other_queries_are_refused(steered: TestClient, query: str) -> None:
    answer = steered.get(f"{AUDIT}?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


def test_an_unchanged_list_is_not_sent_again(
    steered: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"If-None-Match": steered.get(AUDIT).headers["etag"]}
    monkeypatch.setattr(audit, "history", None)  # whoever reads the list now fails
    assert steered.get(AUDIT, headers=known).status_code == 304
    same_data(database, "small", "digits", "ab" * 32)
    assert steered.get(AUDIT, headers=known).status_code == 304, "a provenance note is no change"
    monkeypatch.undo()
    steered.post(f"{STUDIES}/small/cancel")
    changed = steered.get(AUDIT, headers=known)
    assert (changed.status_code, changed.json()["items"][0]["action"]) == (200, "cancel")
