"""Verdicts are kept until their study changes."""

from __future__ import annotations

from typing import Any, get_args

from asked import asked_of
from fastapi.testclient import TestClient

from service.verdicts.cache import VerdictCache
from studies.language.claim import Objective
from studies.records import StudyState
from studies.storage import overview
from studies.storage.engine import Database

STUDY = "/api/v1/studies/measured"
OBJECTIVES = get_args(Objective)
ADDRESS = "/api/v1/studies/measured/verdict/objectives"


def test_a_verdict_is_kept_until_the_study_changes(api: TestClient, database: Database, measured: str) -> None:
    verdicts = VerdictCache(database)
    first = verdicts.verdict(measured)
    assert verdicts.verdict(measured) is first
    assert verdicts.verdict(measured, "error") is not first
    assert overview.get(database, measured).summary.state is StudyState.COMPLETE


def test_a_kept_verdict_is_found_without_judging(api: TestClient, database: Database, measured: str) -> None:
    verdicts = VerdictCache(database)
    assert verdicts.kept(measured, None) is None
    detail, made = verdicts.with_detail(measured)
    assert (made.revision, made.verdict.study) == (detail.summary.revision, measured)
    assert verdicts.kept(measured, None) is made
    with asked_of(database) as asked:
        assert verdicts.kept(measured, None, detail.summary) is made
    assert asked == [], "a study that was just read is not read again"
    assert verdicts.with_detail(measured)[1] is made
    assert api.post(f"{STUDY}/extend", json={"more": 1}).status_code == 200
    later, anew = VerdictCache(database).with_detail(measured)
    assert later.summary.revision == anew.revision > made.revision


def test_a_study_submitted_anew_is_judged_anew(api: TestClient, measured: str, document: dict[str, Any]) -> None:
    assert api.get(f"{STUDY}/verdict").json()["sweeps"][0]["runs"] == 28
    assert api.delete(STUDY).status_code == 204
    api.post("/api/v1/studies", json={**document, "name": measured})
    assert api.get(f"{STUDY}/verdict").json()["sweeps"][0]["runs"] == 0


def test_a_caller_with_the_current_verdicts_causes_no_judging(api: TestClient, measured: str) -> None:
    first = api.get(ADDRESS)
    verdicts: VerdictCache = api.app.state.verdict_cache  # type: ignore[attr-defined]
    verdicts._kept.clear()  # as other studies' verdicts push these out
    assert api.get(ADDRESS, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    assert not verdicts._kept
    assert api.post(f"/api/v1/studies/{measured}/extend", json={"more": 1}).status_code == 200
    changed = api.get(ADDRESS, headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200
    assert len(verdicts._kept) == len(OBJECTIVES)
    assert verdicts.due(measured) == verdicts.verdict(measured).revision
