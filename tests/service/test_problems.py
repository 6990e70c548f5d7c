"""Every error is a problem document with the right status; nothing causes a 5xx."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from problem_documents import assert_problem

STUDIES = "/api/v1/studies"


@pytest.mark.parametrize("rest", ["", "/trials", "/runs", "/verdict", "/export.csv", "/report.json", "/events"])
@pytest.mark.parametrize("name", ["none", "..%2f..%2fetc%2fpasswd", "%252e%252e", "..%5c", "x" * 70, "%00", "UPPER"])
def test_no_such_study(unchanged_api: TestClient, name: str, rest: str) -> None:
    assert_problem(unchanged_api.get(f"{STUDIES}/{name}{rest}"), 404)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/small/trials?sweep=none@paper", 404),
        ("/small/trials?sweep=%00", 422),
        ("/small/trials?phase=none", 422),
        ("/small/runs?cursor=W10", 422),
        ("/small/verdict?objective=none", 422),
        ("/small/figures/none", 422),
        ("/small/figures/landscape?sweep=none@paper", 404),
        ("/small/figures/landscape?theme=pink", 422),
        ("/small/export.xlsx", 422),
        ("/small/nothing", 404),
    ],
)
def test_bad_questions_about_a_study(api: TestClient, document: dict[str, Any], path: str, status: int) -> None:
    api.post(STUDIES, json=document)
    assert_problem(api.get(STUDIES + path), status)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods_name_those_there_are(unchanged_api: TestClient, method: str) -> None:
    answer = unchanged_api.request(method, STUDIES)
    assert_problem(answer, 405)
    assert answer.headers["allow"] == "GET, HEAD, POST"
    assert unchanged_api.request(method, "/").headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/nowhere", "/api/v1/nowhere", "/api/v1/studies/"])
def test_addresses_that_are_not_there(unchanged_api: TestClient, method: str, path: str) -> None:
    answer = unchanged_api.request(method, path, follow_redirects=False)
    assert answer.status_code == 404
    if method != "HEAD":
        assert_problem(answer, 404)


def test_unknown_worker_and_catalogue_entry(unchanged_api: TestClient) -> None:
    assert_problem(unchanged_api.post("/api/v1/workers/nobody/drain"), 404)
    assert_problem(unchanged_api.get("/api/v1/catalogue/nothing"), 404)


def test_unreachable_database_is_503_with_a_hint_when_to_retry(api: TestClient, database_path: Any) -> None:
    database_path.write_bytes(b"this is no database" * 100)
    for path in (STUDIES, f"{STUDIES}/x", "/readyz", "/api/v1/workers"):
        answer = api.get(path)
        assert_problem(answer, 503)
        assert answer.headers["retry-after"]
    assert api.get("/healthz").status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "OPTIONS"])
def test_methods_that_are_not_there(unchanged_api: TestClient, method: str) -> None:
    for path in (STUDIES, f"{STUDIES}/small/runs", "/api/v1/workers", "/healthz", "/metrics"):
        answer = unchanged_api.request(method, path)
        assert answer.status_code == 405, (method, path)
        assert set(answer.headers["allow"].split(", ")) <= {"GET", "HEAD", "POST", "DELETE"}
