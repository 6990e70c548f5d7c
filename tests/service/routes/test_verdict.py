"""The verdict of a study, by every objective."""

from __future__ import annotations

from fastapi.testclient import TestClient

STUDY = "/api/v1/studies/measured"


def test_verdict_answers_for_each_sweep_and_objective(api: TestClient, measured: str) -> None:
    for objective in (None, "cross_entropy"):
        verdict = api.get(f"{STUDY}/verdict", params={"objective": objective} if objective else {}).json()
        assert verdict["outcome"] == "inconclusive", "a search has no paired runs, so it decides nothing"
        assert verdict["objective"] == (objective or "accuracy")
        assert [sweep["sweep"] for sweep in verdict["sweeps"]] == ["golden@paper", "sse@paper"]
        assert [sweep["reasons"][0]["code"] for sweep in verdict["sweeps"]] == ["incomplete", "incomplete"]
        assert all("not complete" in sweep["sentence"] for sweep in verdict["sweeps"])


def test_verdict_is_sent_once(api: TestClient, measured: str) -> None:
    first = api.get(f"{STUDY}/verdict")
    again = api.get(f"{STUDY}/verdict", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
