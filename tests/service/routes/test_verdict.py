"""The verdict of a study, by every objective."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from studies.language.versions import ANALYSES

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


def test_a_verdict_under_another_analysis_is_marked(api: TestClient, measured: str) -> None:
    own = api.get(f"{STUDY}/verdict").json()
    same = api.get(f"{STUDY}/verdict", params={"analysis": own["analysis_version"]}).json()
    assert (same, own["claimed"], own["caution"]) == (own, True, "")
    (other,) = set(ANALYSES) - {own["analysis_version"]}
    again = api.get(f"{STUDY}/verdict", params={"analysis": other}).json()
    assert (again["analysis_version"], again["claimed"]) == (other, False)
    assert again["caution"].startswith(f"Judged again: the document fixed analysis {own['analysis_version']}")
    both = api.get(f"{STUDY}/verdict", params={"analysis": other, "objective": "error"}).json()
    assert "only accuracy was fixed" in both["caution"]
    assert "Judged again" in both["caution"]


@pytest.mark.parametrize("asked", ["3", "6", "x", "4.5", "", "999999999999999999999999"])
def test_an_analysis_that_there_is_not_is_refused(api: TestClient, measured: str, asked: str) -> None:
    answer = api.get(f"{STUDY}/verdict", params={"analysis": asked})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "analysis"
