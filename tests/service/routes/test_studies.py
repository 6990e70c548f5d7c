"""Submitting, listing, steering and deleting studies over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from studies import golden
from studies.language.catalogue import entry
from studies.language.spec import parse

STUDIES = "/api/v1/studies"


def test_submit_creates_a_study_and_says_where(api: TestClient, document: dict[str, Any]) -> None:
    answer = api.post(STUDIES, json=document)
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{STUDIES}/small"
    body = answer.json()
    assert body["summary"]["state"] == "queued"
    assert body["summary"]["claim_hash"] == parse(document).claim_hash
    assert body["summary"]["runs_expected"] == 16
    assert [sweep["name"] for sweep in body["sweeps"]] == ["golden@paper", "sse@paper"]


def test_submit_again_gives_the_same_study(api: TestClient, document: dict[str, Any]) -> None:
    first = api.post(STUDIES, json=document).json()
    again = api.post(STUDIES, json=document)
    assert again.status_code == 200
    assert again.json()["summary"]["id"] == first["summary"]["id"]


def test_submit_of_another_document_under_the_name_is_a_conflict(api: TestClient, document: dict[str, Any]) -> None:
    api.post(STUDIES, json=document)
    answer = api.post(STUDIES, json={**document, "seed": 7})
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:golden-study:problem:study-exists"


def test_submit_takes_toml(api: TestClient) -> None:
    answer = api.post(STUDIES, content=entry("quickstart").toml, headers={"Content-Type": "application/toml"})
    assert answer.status_code == 201
    assert answer.json()["summary"]["name"] == "quickstart"


def test_idempotency_key_binds_a_key_to_one_document(api: TestClient, document: dict[str, Any]) -> None:
    key = {"Idempotency-Key": "k-1"}
    assert api.post(STUDIES, json=document, headers=key).status_code == 201
    assert api.post(STUDIES, json=document, headers=key).status_code == 200
    other = api.post(STUDIES, json={**document, "name": "other"}, headers=key)
    assert other.status_code == 422
    assert other.json()["type"].endswith("idempotency-key-reused")


def test_list_pages_through_all_studies_by_link(api: TestClient, document: dict[str, Any]) -> None:
    for i in range(5):
        api.post(STUDIES, json={**document, "name": f"study-{i}"})
    seen, url = [], f"{STUDIES}?limit=2"
    while url:
        answer = api.get(url)
        seen += [item["name"] for item in answer.json()["items"]]
        url = answer.links["next"]["url"] if "next" in answer.links else ""
    assert seen == [f"study-{i}" for i in (4, 3, 2, 1, 0)]


def test_list_filters_by_state(api: TestClient, document: dict[str, Any]) -> None:
    api.post(STUDIES, json=document)
    api.post(f"{STUDIES}/small/pause")
    assert [s["name"] for s in api.get(STUDIES, params={"state": "paused"}).json()["items"]] == ["small"]
    assert api.get(STUDIES, params={"state": "running"}).json()["items"] == []


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


def test_preview_stores_nothing(api: TestClient, document: dict[str, Any]) -> None:
    answer = api.post(f"{STUDIES}/preview", json=document)
    assert answer.status_code == 200
    assert answer.json()["cost"]["runs"] == 16
    assert answer.json()["claim_hash"] == parse(document).claim_hash
    assert api.get(STUDIES).json()["items"] == []


def test_pause_resume_cancel(api: TestClient, document: dict[str, Any]) -> None:
    api.post(STUDIES, json=document)
    states = [api.post(f"{STUDIES}/small/{verb}").json()["summary"]["state"] for verb in ("pause", "resume", "cancel")]
    assert states == ["paused", "queued", "cancelled"]
    refused = api.post(f"{STUDIES}/small/resume")
    assert refused.status_code == 409
    assert refused.json()["type"].endswith("state-forbids")


def test_extend_gives_a_search_more_trials(api: TestClient, document: dict[str, Any]) -> None:
    api.post(STUDIES, json=document)
    answer = api.post(f"{STUDIES}/small/extend", json={"more": 3})
    assert answer.status_code == 200
    assert answer.json()["summary"]["runs_expected"] == 16 + 2 * 3
    again = api.post(f"{STUDIES}/small/extend", json={"more": 1})
    assert again.json()["summary"]["runs_expected"] == 16 + 2 * 4


def test_extend_gives_a_cross_validation_more_repeats(api: TestClient, document: dict[str, Any]) -> None:
    points = [{"eta": golden.ETA, "alpha": golden.ALPHA}, {"eta": 0.01, "alpha": 0.9, "loss": "sse"}]
    design = {"kind": "cross_validation", "repeats": 2, "points": points}
    first = api.post(STUDIES, json={**document, "design": design}).json()["summary"]["runs_expected"]
    assert first == (2 + 1) * 2 * 10
    more = api.post(f"{STUDIES}/small/extend", json={"more": 1}).json()["summary"]["runs_expected"]
    assert more == (2 + 1) * 3 * 10


def test_extend_refuses_a_study_that_locates(api: TestClient, document: dict[str, Any]) -> None:
    api.post(STUDIES, json={**document, "design": {"kind": "locate", "map_points": 16}})
    answer = api.post(f"{STUDIES}/small/extend", json={"more": 3})
    assert answer.status_code == 409
    assert "fixed size" in answer.json()["detail"]


@pytest.mark.parametrize("body", [{}, {"more": 0}, {"more": "5"}, {"more": 5.0}, {"more": True}, {"more": 5, "x": 1}])
def test_extend_refuses_bad_amounts(api: TestClient, document: dict[str, Any], body: dict[str, Any]) -> None:
    api.post(STUDIES, json=document)
    assert api.post(f"{STUDIES}/small/extend", json=body).status_code == 422


def test_delete_removes_a_study(api: TestClient, document: dict[str, Any]) -> None:
    api.post(STUDIES, json=document)
    assert api.delete(f"{STUDIES}/small").status_code == 204
    assert api.get(f"{STUDIES}/small").status_code == 404
    assert api.delete(f"{STUDIES}/small").status_code == 404


def test_catalogue_studies_can_be_submitted_as_shown(api: TestClient) -> None:
    items = api.get("/api/v1/catalogue").json()["items"]
    assert {"quickstart", "table-1", "golden-landscape", "batch-size-drift"} <= {item["name"] for item in items}
    shown = api.get("/api/v1/catalogue/quickstart").json()
    assert parse(shown["study"]) == parse(shown["toml"], form="toml") == entry("quickstart").spec


def test_schema_describes_what_is_accepted(api: TestClient, document: dict[str, Any]) -> None:
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(api.get("/api/v1/schema").json())
    assert not list(validator.iter_errors(document))
    assert list(validator.iter_errors({**document, "admin": True}))


def test_large_bodies_are_gzipped_and_the_same(api: TestClient) -> None:
    plain = api.get("/api/v1/schema", headers={"Accept-Encoding": "identity"})
    packed = api.get("/api/v1/schema", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert json.loads(plain.content) == packed.json()
