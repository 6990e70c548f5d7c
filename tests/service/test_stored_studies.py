"""Studies that an earlier release let in and the door refuses now: every page, report and list about them answers."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from planned_studies import pass_rests, plant_unplannable

from studies.advance import advance
from studies.figures.book import FIGURES
from studies.storage import overview, unplanned
from studies.storage.engine import Database

STORED: dict[str, dict[str, Any]] = {
    "narrow": {},
    "denormal": {"search_space": {"eta": {"low": 5e-324, "high": 1e-300}}, "claim": {"eta": 1e-310, "alpha": 0.9}},
    "narrow-alpha": {"search_space": {"alpha": {"low": 0.5, "high": 0.5000000000000001}}, "claim": {"alpha": 0.5}},
    "tiny-level": {"narrow": False, "claim": {"eta": 0.1, "alpha": 0.9, "level": 5e-324, "margin_sigmas": 5e-324}},
    "title": {"narrow": False, "claim": {"eta": 0.1, "alpha": 0.9, "title": "<b>x\x1b[31m\u202e\r\n</b>"}},
}
PLACES = [
    "",
    "/verdict",
    "/verdict/objectives",
    "/forecast",
    "/report.json",
    "/report.html",
    "/trials",
    "/runs",
    "/table",
]


def plant(db: Database, name: str) -> None:
    changes = dict(STORED[name])
    plant_unplannable(db, name, narrow=changes.pop("narrow", True), **changes)
    for _ in range(unplanned.TRIES):
        advance(db, on_failure=lambda _: None)
        pass_rests(db)


@pytest.mark.parametrize("name", STORED)
def test_everything_about_it_answers(api: TestClient, database: Database, name: str) -> None:
    plant(database, name)
    addresses = [f"/api/v1/studies/{name}{place}" for place in PLACES]
    addresses += [f"/api/v1/studies/{name}/figures/{figure}" for figure in FIGURES]
    addresses += [
        f"/api/v1/studies/{name}/figures/{figure}/data.{form}" for figure in FIGURES for form in ("csv", "json")
    ]
    addresses += [f"/studies/{name}/figures/{figure}" for figure in FIGURES]
    addresses += [f"/api/v1/studies/{name}/export.csv", f"/studies/{name}", f"/studies/{name}/objectives", "/"]
    addresses += [f"/studies/{name}/timeline", f"/compare?study={name}&study={name}", "/queue", "/workers"]
    for address in addresses:
        answer = api.get(address, headers={"Accept": "text/html"} if not address.startswith("/api") else {})
        assert answer.status_code < 500, (address, answer.text[:300])
    for body in ({"more": 1}, {"until_decided": True, "max_runs": 100}):
        assert api.post(f"/api/v1/studies/{name}/extend", json=body).status_code in (200, 409, 422)


def test_the_reason_for_which_a_study_failed_is_seen_everywhere(api: TestClient, database: Database) -> None:
    plant(database, "narrow")
    note = overview.get(database, "narrow").summary.note
    assert "could not be planned in 5 tries" in note
    assert api.get("/api/v1/studies/narrow").json()["summary"]["note"] == note
    for page in ("/studies/narrow", "/"):
        assert "could not be planned in 5 tries" in api.get(page, headers={"Accept": "text/html"}).text


def test_an_unsafe_title_is_shown_escaped(api: TestClient, database: Database) -> None:
    plant(database, "title")
    for place in ("/studies/title", "/api/v1/studies/title/report.html"):
        text = api.get(place, headers={"Accept": "text/html"}).text
        assert "<b>x" not in text and not set("\x1b\u202e\r") & set(text), place
    assert api.get("/api/v1/studies/title").json()["spec"]["claim"]["title"] == STORED["title"]["claim"]["title"]
