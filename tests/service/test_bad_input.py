"""Bad input of every kind is answered by a problem that names the field; nothing causes a 5xx."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from faulty_studies import FOUR_FAULTS, FOUR_PROBLEMS, many_faults

STUDIES = "/api/v1/studies"
JSON = {"Content-Type": "application/json"}


def _problem(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["type"].startswith("urn:golden-study:problem:")
    assert "Traceback" not in answer.text
    return body


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"   ", 422),
        (b"{", 422),
        (b'{"name": "x",}', 422),
        (b'{"name": "\xff"}', 422),
        (b"[]", 422),
        (b"null", 422),
        (b"3", 422),
        (b'"text"', 422),
        (b'{"name": "x", "name": "y"}', 422),
        (b'{"\\ud800": 1, "\\ud800": 2}', 422),
        (b'{"name": "x", "seed": NaN}', 422),
        (b'{"name": "x", "search_space": {"eta": {"low": 1e999}}}', 422),
        (b"[" * 100_000, 422),
        (b'{"name": "x\\u0000"}', 422),
        (b'{"name": "x", "title": "a\\u0000b"}', 422),
        (b'{"name": "x", "title": "\\ud800"}', 422),
        (b'{"a": ' + b"9" * 5000 + b"}", 422),
    ],
)
def test_malformed_bodies(api: TestClient, content: bytes, status: int) -> None:
    _problem(api.post(STUDIES, content=content, headers=JSON), status)
    _problem(api.post(f"{STUDIES}/preview", content=content, headers=JSON), status)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"admin": True}, "admin"),
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 600}, "name"),
        ({"name": "../x"}, "name"),
        ({"name": "<img src=x onerror=alert(1)>"}, "name"),
        ({"name": "'; DROP TABLE trials;--"}, "name"),
        ({"title": "rtl \u202e override"}, "title"),
        ({"losses": []}, "losses"),
        ({"losses": ["os.system"]}, "losses.0"),
        ({"seed": True}, "seed"),
        ({"seed": "5"}, "seed"),
        ({"seed": 5.0}, "seed"),
        ({"seed": -1}, "seed"),
        ({"search_space": {"eta": {"low": 1.0, "high": 0.1}}}, "search_space.eta"),
        ({"search_space": {"eta": {"low": 0.0}}}, "search_space.eta.low"),
        ({"search_space": {"alpha": {"high": 1.0}}}, "search_space.alpha.high"),
        ({"claim": {"eta": -0.1}}, "claim.eta"),
        ({"design": {"kind": "search", "trials": 10**9}}, "design.trials"),
        ({"design": {"kind": "search", "sampler": "import"}}, "design.sampler"),
        ({"contexts": [{"dataset": "/etc/passwd"}]}, "contexts.0.dataset"),
        ({"schema_version": 3}, "schema_version"),
    ],
)
def test_unacceptable_studies_name_the_field(
    api: TestClient, document: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    body = _problem(api.post(STUDIES, json={**document, **change}), 422)
    assert field in [error["field"] for error in body["errors"]]
    assert api.get(STUDIES).json()["items"] == []


@pytest.mark.parametrize("path", [STUDIES, f"{STUDIES}/preview"])
def test_each_fault_of_a_study_is_an_error_with_its_own_field(api: TestClient, path: str) -> None:
    body = _problem(api.post(path, json=FOUR_FAULTS), 422)
    assert [(error["field"], error["message"]) for error in body["errors"]] == FOUR_PROBLEMS
    assert body["unlisted_errors"] == 0
    assert body["detail"] == "; ".join(f"{field}: {text}" for field, text in FOUR_PROBLEMS)


def test_twenty_errors_are_listed_and_the_rest_is_counted(api: TestClient) -> None:
    body = _problem(api.post(STUDIES, json=many_faults(25)), 422)
    assert [error["field"] for error in body["errors"]] == [f"contexts.{i}.batch_size" for i in range(20)]
    assert body["unlisted_errors"] == 5
    assert body["detail"].endswith("; and 5 more")
    query = "&".join(f"odd{i}=1" for i in range(22))
    body = _problem(api.get(f"{STUDIES}?{query}"), 422)
    assert (len(body["errors"]), body["unlisted_errors"]) == (20, 2)


def test_a_key_that_appears_twice_is_named(api: TestClient) -> None:
    content = b'{"name": "x", "claim": {"eta": 0.1, "eta": 0.2}}'
    body = _problem(api.post(STUDIES, content=content, headers=JSON), 422)
    assert body["errors"] == [{"field": "claim.eta", "message": "appears more than once in its object; keep one"}]


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/yaml", ""])
def test_other_media_types(api: TestClient, document: dict[str, Any], media_type: str) -> None:
    content = json.dumps(document).encode()
    _problem(api.post(STUDIES, content=content, headers={"Content-Type": media_type}), 415)


def test_compressed_bodies(api: TestClient) -> None:
    _problem(api.post(STUDIES, content=b"x", headers={**JSON, "Content-Encoding": "gzip"}), 415)


def test_large_body_with_length(api: TestClient) -> None:
    _problem(api.post(STUDIES, content=b" " * 300_000, headers=JSON), 413)


def test_large_body_without_length(api: TestClient) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(300):
            yield b" " * 1000

    _problem(api.post(STUDIES, content=pieces(), headers=JSON), 413)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=1001",
        "limit=abc",
        "limit=1e3",
        "cursor=%00",
        "cursor=nonsense",
        "cursor=W10",
        "cursor=" + "A" * 300,
        "state=values;--",
        "stat=running",
        "limit=5&sort=name",
    ],
)
def test_bad_queries(api: TestClient, query: str) -> None:
    _problem(api.get(f"{STUDIES}?{query}"), 422)


@pytest.mark.parametrize("rest", ["", "/trials", "/runs", "/verdict", "/export.csv", "/report.json", "/events"])
@pytest.mark.parametrize("name", ["none", "..%2f..%2fetc%2fpasswd", "%252e%252e", "..%5c", "x" * 70, "%00", "UPPER"])
def test_no_such_study(api: TestClient, name: str, rest: str) -> None:
    _problem(api.get(f"{STUDIES}/{name}{rest}"), 404)


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
    _problem(api.get(STUDIES + path), status)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods_name_those_there_are(api: TestClient, method: str) -> None:
    answer = api.request(method, STUDIES)
    _problem(answer, 405)
    assert answer.headers["allow"] == "GET, POST"
    assert api.request(method, "/").headers["allow"] == "GET"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/nowhere", "/api/v1/nowhere", "/api/v1/studies/"])
def test_addresses_that_are_not_there(api: TestClient, method: str, path: str) -> None:
    answer = api.request(method, path, follow_redirects=False)
    assert answer.status_code == 404
    if method != "HEAD":
        _problem(answer, 404)


@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 201])
def test_bad_idempotency_keys(api: TestClient, document: dict[str, Any], key: str) -> None:
    _problem(api.post(STUDIES, json=document, headers={"Idempotency-Key": key.encode()}), 422)


def test_unknown_worker_and_catalogue_entry(api: TestClient) -> None:
    _problem(api.post("/api/v1/workers/nobody/drain"), 404)
    _problem(api.get("/api/v1/catalogue/nothing"), 404)


def test_unreachable_database_is_503_with_a_hint_when_to_retry(api: TestClient, database_path: Any) -> None:
    database_path.write_bytes(b"this is no database" * 100)
    for path in (STUDIES, f"{STUDIES}/x", "/readyz", "/api/v1/workers"):
        answer = api.get(path)
        _problem(answer, 503)
        assert answer.headers["retry-after"]
    assert api.get("/healthz").status_code == 200
