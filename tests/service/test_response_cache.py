"""Polling costs almost nothing: 304 where nothing changed, gzip where a body is large."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asked import asked_by_requests
from fastapi.testclient import TestClient

from studies.storage.engine import Database

STUDY = "/api/v1/studies/measured"


STUDIES = "/api/v1/studies"


@pytest.mark.parametrize("read", ["/trials?limit=5", "/runs?limit=5", "", "/report.json", "/verdict"])
def test_a_poll_that_finds_nothing_new_asks_for_one_row(
    api: TestClient, database: Database, measured: str, read: str
) -> None:
    first = api.get(STUDY + read)
    with asked_by_requests(database) as asked:
        again = api.get(STUDY + read, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert len([text for text in asked if text.startswith("SELECT")]) == 1
    stale = api.get(STUDY + read, headers={"If-None-Match": 'W/"of-another-revision"'})
    assert (stale.status_code, stale.headers.get("link")) == (200, first.headers.get("link"))


def test_any_answer_is_not_an_error(api: TestClient, measured: str) -> None:
    anything = {"If-None-Match": "*"}
    assert api.get(f"{STUDY}/trials", headers=anything).status_code == 304
    assert api.get(f"{STUDY}/trials?cursor=W10", headers=anything).status_code == 422


def test_unchanged_study_answers_304_and_a_changed_one_200(api: TestClient, document: dict[str, Any]) -> None:
    api.post(STUDIES, json=document)
    first = api.get(f"{STUDIES}/small")
    known = {"If-None-Match": first.headers["etag"]}
    unchanged = api.get(f"{STUDIES}/small", headers=known)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    api.post(f"{STUDIES}/small/pause")
    changed = api.get(f"{STUDIES}/small", headers=known)
    assert changed.status_code == 200
    assert changed.json()["summary"]["state"] == "paused"


def test_deleted_and_submitted_again_is_not_taken_for_the_old_one(api: TestClient, document: dict[str, Any]) -> None:
    api.post(STUDIES, json=document)
    old = api.get(f"{STUDIES}/small").headers["etag"]
    assert api.delete(f"{STUDIES}/small").status_code == 204
    api.post(STUDIES, json={**document, "seed": 99})
    assert api.get(f"{STUDIES}/small", headers={"If-None-Match": old}).status_code == 200


def test_large_bodies_are_gzipped_and_the_same(api: TestClient) -> None:
    plain = api.get("/api/v1/schema", headers={"Accept-Encoding": "identity"})
    packed = api.get("/api/v1/schema", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert json.loads(plain.content) == packed.json()
