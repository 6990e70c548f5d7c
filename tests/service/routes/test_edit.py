"""Notes, tags and priority over HTTP: what is accepted, what is refused, and that nothing else has them."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from problem_documents import assert_problem

STUDIES = "/api/v1/studies"
SMALL = f"{STUDIES}/small"


@pytest.fixture
def small(api: TestClient, document: dict[str, Any]) -> TestClient:
    assert api.post(STUDIES, json=document).status_code == 201
    return api


def test_an_edit_answers_with_the_study_and_is_seen_everywhere(small: TestClient) -> None:
    before = small.get(SMALL).json()
    wanted = {"notes": "line\nηα", "tags": ["thesis", "a.b"], "priority": -7}
    answer = small.patch(SMALL, json=wanted)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["notes"], body["summary"]["tags"], body["summary"]["priority"]) == ("line\nηα", ["a.b", "thesis"], -7)
    assert body["spec"] == before["spec"]
    assert body["summary"]["claim_hash"] == before["summary"]["claim_hash"]
    assert small.get(SMALL).json()["notes"] == "line\nηα"
    (listed,) = small.get(STUDIES, params={"tag": "thesis"}).json()["items"]
    assert (listed["name"], listed["priority"], "notes" in listed) == ("small", -7, False)
    assert small.get(STUDIES, params={"tag": "none"}).json()["items"] == []
    newest = small.get(f"{SMALL}/audit").json()["items"][0]
    assert (newest["action"], newest["actor"]) == ("edit", "local")


def test_what_is_left_out_or_null_stays(small: TestClient) -> None:
    small.patch(SMALL, json={"notes": "kept", "tags": ["kept"]})
    body = small.patch(SMALL, json={"notes": None, "priority": 4}).json()
    assert (body["notes"], body["summary"]["tags"], body["summary"]["priority"]) == ("kept", ["kept"], 4)
    body = small.patch(SMALL, json={"tags": [], "notes": ""}).json()
    assert (body["notes"], body["summary"]["tags"]) == ("", [])


def test_reports_and_exports_stay_as_they_were(small: TestClient) -> None:
    def taken_along() -> list[bytes]:
        return [small.get(f"{SMALL}/{name}").content for name in ("export.csv", "export.json")]

    before = taken_along()
    small.patch(SMALL, json={"notes": "a note that nobody else has", "tags": ["a-tag-of-ours"], "priority": 77})
    assert taken_along() == before
    report = small.get(f"{SMALL}/report.json").text
    assert "a note that nobody else has" not in report
    assert "a-tag-of-ours" not in report


@pytest.mark.parametrize(
    ("wanted", "field", "says"),
    [
        ({}, "", "at least one of notes, tags, priority"),
        ({"notes": None}, "", "at least one of notes, tags, priority"),
        ([], "", "send an object"),
        ({"note": "x"}, "note", "did you mean `notes`"),
        ({"notes": 3}, "notes", "valid string"),
        ({"notes": "x" * 4001}, "notes", "at most 4000"),
        ({"notes": "a\u0000b"}, "notes", "control characters"),
        ({"notes": "a\u202eb"}, "notes", "text-direction"),
        ({"tags": "thesis"}, "tags", "list"),
        ({"tags": ["Thesis"]}, "tags.0", "lower-case letters"),
        ({"tags": ["a b"]}, "tags.0", "lower-case letters"),
        ({"tags": ["x" * 33]}, "tags.0", "1 to 32"),
        ({"tags": [str(i) for i in range(11)]}, "tags", "at most 10"),
        ({"priority": 101}, "priority", "100"),
        ({"priority": 1.5}, "priority", "integer"),
        ({"priority": "1"}, "priority", "integer"),
        ({"priority": True}, "priority", "integer"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(small: TestClient, wanted: Any, field: str, says: str) -> None:
    before = small.get(SMALL).json()
    body = assert_problem(small.patch(SMALL, json=wanted), 422)
    (error,) = body["errors"]
    assert error["field"] == field
    assert says in error["message"]
    assert small.get(SMALL).json() == before


def test_no_such_study_another_type_and_no_such_tag(small: TestClient) -> None:
    assert_problem(small.patch(f"{STUDIES}/none", json={"priority": 1}), 404)
    body = assert_problem(small.patch(SMALL, content=b"priority = 1", headers={"Content-Type": "text/plain"}), 415)
    assert body["errors"][0]["message"].startswith("send the change as application/json")
    assert_problem(small.get(STUDIES, params={"tag": "No Tag"}), 422)


def test_a_page_of_another_site_edits_nothing(small: TestClient) -> None:
    answer = small.patch(SMALL, json={"priority": 1}, headers={"Origin": "https://elsewhere.example"})
    assert_problem(answer, 403)
    assert small.get(SMALL).json()["summary"]["priority"] == 0
