"""`extend`: more of a search, or further looks until a study is decided."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from planted_worker import Planted

from studies import golden
from studies.cost import ASSUMED_RATE
from studies.judgement import judge
from studies.plan.later_looks import runs_after
from studies.storage import overview
from studies.storage.engine import Database

STUDIES = "/api/v1/studies"
ROUND = 24 + 6 * 7  # of a fixed confirmation, that of version 2
WORKER = Planted((golden.ETA, golden.ALPHA), noise=0.2)


def test_a_study_is_forecast_and_extended_until_it_decides(api: TestClient, database: Database, undecided: str) -> None:
    first = api.get(f"{STUDIES}/{undecided}/verdict").json()
    assert first["outcome"] == "inconclusive"
    assert first["sweeps"][0]["needed"]["sentence"] in first["sentence"]
    forecast = api.get(f"{STUDIES}/{undecided}/forecast").json()
    assert (forecast["rate_measured"], forecast["images_per_second"]) == (False, ASSUMED_RATE)
    (item,) = forecast["sweeps"]
    assert item["needed"] == first["sweeps"][0]["needed"]
    assert item["grant"] % ROUND == 0
    assert (item["seconds"] is None) == (item["needed"]["runs"] is None)
    more = {"until_decided": True, "max_runs": ROUND + 1}
    answer = api.post(f"{STUDIES}/{undecided}/extend", json=more)
    assert answer.status_code == 200
    assert (answer.json()["summary"]["state"], answer.json()["summary"]["runs_granted"]) == ("running", ROUND + 1)
    again = api.post(f"{STUDIES}/{undecided}/extend", json=more)
    assert again.status_code == 409
    assert WORKER.work_off(database) == ROUND
    assert overview.get(database, undecided).summary.state == "complete"
    assert api.get(f"{STUDIES}/{undecided}/verdict").json()["sweeps"][0]["looks"] == 2


def test_a_grant_too_small_for_a_look_is_refused_with_the_number(api: TestClient, undecided: str) -> None:
    answer = api.post(f"{STUDIES}/{undecided}/extend", json={"until_decided": True, "max_runs": ROUND - 1})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "max_runs"
    assert str(ROUND) in answer.json()["detail"]


def test_a_study_whose_confirmation_ended_early_is_extended_on_the_arms_that_are_left(
    api: TestClient, database: Database, document: dict[str, Any]
) -> None:
    design = {"kind": "locate", "map_points": 40, "claim_replicates": 8, "zoom_points": 24, "confirm_blocks": 6}
    body = {**document, "losses": ["golden"], "name": "newer", "design": design}
    assert api.post(STUDIES, json=body).json()["spec"]["schema_version"] == 3
    WORKER.work_off(database)
    verdict = judge(database, "newer")
    assert verdict.outcome == "inconclusive"
    spec = overview.get(database, "newer").spec
    least = runs_after(spec.design, verdict.sweeps[0])  # type: ignore[arg-type]
    assert least <= 24 + 6 * 9
    few = api.post(f"{STUDIES}/newer/extend", json={"until_decided": True, "max_runs": least - 1})
    assert (few.status_code, str(least) in few.json()["detail"]) == (422, True)
    assert api.post(f"{STUDIES}/newer/extend", json={"until_decided": True, "max_runs": least}).status_code == 200
    assert WORKER.work_off(database) == least
    assert judge(database, "newer").sweeps[0].looks == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"until_decided": True}, "max_runs"),
        ({"max_runs": 500}, "until_decided"),
        ({}, "more"),
        ({"more": 5, "max_runs": 500}, "more"),
        ({"more": 5, "until_decided": True, "max_runs": 500}, "more"),
        ({"until_decided": False, "max_runs": 500}, "until_decided"),
        ({"until_decided": True, "max_runs": 0}, "max_runs"),
        ({"until_decided": True, "max_runs": 10**9}, "max_runs"),
        ({"until_decided": True, "max_runs": "500"}, "max_runs"),
        ({"until_decided": 1, "max_runs": 500}, "until_decided"),
        ({"more": None}, "more"),
    ],
)
def test_odd_extensions_are_refused_by_field(
    api: TestClient, document: dict[str, Any], body: dict[str, Any], field: str
) -> None:
    api.post(STUDIES, json=document)
    answer = api.post(f"{STUDIES}/small/extend", json=body)
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]


def test_what_cannot_be_extended_until_decided_is_refused(
    api: TestClient, document: dict[str, Any], measured: str
) -> None:
    more = {"until_decided": True, "max_runs": 5000}
    answer = api.post(f"{STUDIES}/{measured}/extend", json=more)
    assert answer.status_code == 409
    assert "extend it with `more`" in answer.json()["detail"]
    api.post(STUDIES, json={**document, "name": "young", "design": {"kind": "locate", "map_points": 16}})
    assert api.post(f"{STUDIES}/young/extend", json=more).status_code == 409
    assert api.post(f"{STUDIES}/nobody/extend", json=more).status_code == 404
    assert api.get(f"{STUDIES}/young/forecast").json()["sweeps"] == []
    assert api.get(f"{STUDIES}/nobody/forecast").status_code == 404


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
