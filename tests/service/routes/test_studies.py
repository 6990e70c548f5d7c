"""Submitting, listing, steering and deleting studies over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from problem_documents import assert_problem

from studies.language.catalogue import entry
from studies.language.spec import parse

STUDIES = "/api/v1/studies"


STUDY = "/api/v1/studies/measured"


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


def test_delete_removes_a_study(api: TestClient, document: dict[str, Any]) -> None:
    api.post(STUDIES, json=document)
    assert api.delete(f"{STUDIES}/small").status_code == 204
    assert api.get(f"{STUDIES}/small").status_code == 404
    assert api.delete(f"{STUDIES}/small").status_code == 404


def test_study_is_complete_with_its_best_points(api: TestClient, measured: str) -> None:
    study = api.get(STUDY).json()
    assert study["summary"]["state"] == "complete"
    assert study["summary"]["runs_done"] == study["summary"]["runs_expected"] == 56
    assert all(sweep["best"]["value"] > 0.8 for sweep in study["sweeps"])


@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 201])
def test_bad_idempotency_keys(api: TestClient, document: dict[str, Any], key: str) -> None:
    assert_problem(api.post(STUDIES, json=document, headers={"Idempotency-Key": key.encode()}), 422)


def test_a_study_counts_those_of_its_claim_as_they_come_and_go(api: TestClient, document: dict[str, Any]) -> None:
    """A client that polls sees the count change, though the study itself stays as it is."""
    api.post(STUDIES, json=document)
    first = api.get(f"{STUDIES}/small")
    assert (first.json()["drawer"]["studies"], first.json()["drawer"]["deleted"]) == (1, 0)
    again = {**document, "name": "again", "seed": 7}
    tags, counts = [first.headers["etag"]], []
    for change in (lambda: api.post(STUDIES, json=again), lambda: api.delete(f"{STUDIES}/again")):
        assert change().is_success
        found = api.get(f"{STUDIES}/small", headers={"If-None-Match": tags[-1]})
        tags.append(found.headers["etag"])
        counts.append((found.json()["drawer"]["studies"], found.json()["drawer"]["deleted"]))
        report = api.get(f"{STUDIES}/small/report.json").json()
        assert report["drawer"] == found.json()["drawer"]
    assert counts == [(2, 0), (1, 1)]
    assert len(set(tags)) == 3
    assert api.get(f"{STUDIES}/small", headers={"If-None-Match": tags[-1]}).status_code == 304
