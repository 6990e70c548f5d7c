"""Access is denied by default: credentials, hosts, origins, sizes and rates, at every route."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from route_walk import registered

from service.app import create_app
from service.door.gate import HEADERS, LOGOUT, OPEN_PATHS, PURE_POSTS, SAFE_METHODS, host_name
from service.settings import Settings
from studies.storage import overview
from studies.storage.engine import Database

TOKEN = "a-token-for-tests-0123456789"
READ_TOKEN = "a-token-that-may-only-look-01"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW")
STUDIES = "/api/v1/studies"
CANARY = "canary-7f3a91c4d2e85b60"
FILLED = {"form": "csv", "kind": "landscape", "sweep": "golden@paper", "number": "0", "path": "no/such", "file": "x.js"}


SUBMIT = {"Authorization": f"Bearer {TOKEN}"}
READ = {"Authorization": f"Bearer {READ_TOKEN}"}


def _addresses(app: Any) -> list[str]:
    templates = {*(path for path, _ in registered(app.routes)), *app.openapi()["paths"]}
    filled = {re.sub(r"\{(\w+)(?::\w+)?\}", lambda m: FILLED.get(m[1], "small"), t) for t in templates}
    return sorted({*filled, "/docs", "/redoc", "/openapi.json", "/api/v1/nothing", "/metrics"})


def test_the_walk_sees_every_kind_of_route(locked: TestClient) -> None:
    found = _addresses(locked.app)
    assert {"/", "/submit", "/workers", f"{STUDIES}/small/export.csv", "/login", "/assets/small/x.js"} <= set(found)
    assert len(found) >= 40


def test_no_route_answers_without_a_token(locked: TestClient) -> None:
    for address, method in itertools.product(_addresses(locked.app), METHODS):
        if address not in OPEN_PATHS:
            answer = locked.request(method, address, follow_redirects=False)
            assert answer.status_code == 401, (method, address)
            assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_read_token_changes_nothing(locked: TestClient, database: Database, document: dict[str, Any]) -> None:
    locked.post(STUDIES, json=document, headers={"Authorization": f"Bearer {TOKEN}"})
    before = overview.revisions(database)
    read = {"Authorization": f"Bearer {READ_TOKEN}"}
    for address, method in itertools.product(_addresses(locked.app), METHODS):
        if method not in SAFE_METHODS and address not in {*PURE_POSTS, *OPEN_PATHS, LOGOUT}:
            answer = locked.request(method, address, headers=read, json={"more": 1})
            assert answer.status_code == 403, (method, address)
    assert overview.revisions(database) == before


def test_safe_methods_change_nothing(api: TestClient, database: Database, document: dict[str, Any]) -> None:
    api.post(STUDIES, json=document)
    before = overview.revisions(database)
    for address, method in itertools.product(_addresses(api.app), sorted(SAFE_METHODS)):
        if not address.endswith("/events"):
            assert api.request(method, address, follow_redirects=False).status_code < 500, (method, address)
    assert overview.revisions(database) == before


@pytest.fixture
def breaking(settings: Settings, database: Database) -> Iterator[TestClient]:
    """An application with a route that fails as no route should."""
    app: FastAPI = create_app(settings, database)

    def broken() -> None:
        raise RuntimeError(f"{CANARY} at line 1")

    app.router.routes.insert(0, APIRoute("/broken", broken))
    with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        yield client


def test_a_defect_is_reported_without_its_details(breaking: TestClient) -> None:
    answer = breaking.get("/broken")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert CANARY not in answer.text
    assert all(answer.headers[name] == value for name, value in HEADERS.items())
    assert answer.headers["x-request-id"]
    assert 'route="/broken",status="500"' in breaking.get("/metrics").text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/studies/small", 200),
        ("GET", f"{STUDIES}/small", 200),
        ("GET", f"{STUDIES}/small/report.html", 200),
        ("GET", f"{STUDIES}/small/export.csv", 200),
        ("GET", f"{STUDIES}/small/export.parquet", 200),
        ("GET", "/metrics", 200),
        ("GET", "/favicon.ico", 200),
        ("GET", "/nowhere", 404),
        ("PUT", STUDIES, 405),
        ("POST", STUDIES, 415),
        ("GET", f"{STUDIES}?limit=0", 422),
        ("GET", "/login?code=x", 401),
    ],
)
def test_every_kind_of_answer_carries_the_headers(
    api: TestClient, document: dict[str, Any], method: str, path: str, status: int
) -> None:
    api.post(STUDIES, json=document)
    answer = api.request(method, path)
    assert answer.status_code == status
    assert all(answer.headers[name] == value for name, value in HEADERS.items())
    assert re.fullmatch("[0-9a-f]{16}", answer.headers["x-request-id"])
    policy = answer.headers["content-security-policy"]
    assert "unsafe-eval" not in policy
    assert "script-src 'self';" in policy


def test_304_and_421_carry_the_headers(api: TestClient) -> None:
    tag = api.get(STUDIES).headers["etag"]
    for answer in (
        api.get(STUDIES, headers={"If-None-Match": tag}),
        api.get(STUDIES, headers={"Host": "evil.example"}),
    ):
        assert answer.status_code in {304, 421}
        assert all(answer.headers[name] == value for name, value in HEADERS.items())


@pytest.mark.parametrize("path", sorted(OPEN_PATHS - {"/login"}))
def test_health_needs_no_token(locked: TestClient, path: str) -> None:
    assert locked.get(path).status_code == 200


@pytest.mark.parametrize(
    "value",
    ["", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer " + "x" * 10_000, TOKEN],
)
def test_false_credentials_are_refused(locked: TestClient, value: str) -> None:
    assert locked.get(STUDIES, headers={"Authorization": value}).status_code == 401


def test_non_ascii_credentials_are_refused(locked: TestClient) -> None:
    assert locked.get(STUDIES, headers={"Authorization": b"Bearer \xe4\xff"}).status_code == 401


def test_token_in_the_query_is_no_credential(locked: TestClient) -> None:
    assert locked.get(STUDIES, params={"token": TOKEN}).status_code == 401


def test_the_submit_token_may_do_everything(locked: TestClient, document: dict[str, Any]) -> None:
    assert locked.post(STUDIES, json=document, headers=SUBMIT).status_code == 201
    assert locked.delete(f"{STUDIES}/small", headers=SUBMIT).status_code == 204


def test_the_read_token_may_look_and_preview_only(locked: TestClient, document: dict[str, Any]) -> None:
    locked.post(STUDIES, json=document, headers=SUBMIT)
    assert locked.get(f"{STUDIES}/small", headers=READ).status_code == 200
    assert locked.post(f"{STUDIES}/preview", json=document, headers=READ).status_code == 200
    for method, path in (("POST", STUDIES), ("POST", f"{STUDIES}/small/pause"), ("DELETE", f"{STUDIES}/small")):
        answer = locked.request(method, path, headers=READ)
        assert answer.status_code == 403
        assert answer.json()["type"].endswith("read-only-token")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:9999", "http://[", "file://"])
def test_other_sites_may_not_change_anything(api: TestClient, document: dict[str, Any], origin: str) -> None:
    answer = api.post(STUDIES, json=document, headers={"Origin": origin})
    assert answer.status_code == 403
    assert api.get(STUDIES, headers={"Origin": origin}).status_code == 200


def test_our_own_pages_may(api: TestClient, document: dict[str, Any]) -> None:
    headers = {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"}
    assert api.post(STUDIES, json=document, headers=headers).status_code == 201
    assert api.post(STUDIES, json=document, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost.evil.example:8000"])
def test_other_host_names_are_refused(api: TestClient, host: str) -> None:
    assert api.get(STUDIES, headers={"Host": host}).status_code == 421
    assert api.get("/healthz", headers={"Host": host}).status_code == 200


def test_hosts_beyond_loopback(settings: Settings, database: Database) -> None:
    """Those named, that of GOLDEN_SERVER and this machine's own; metrics by any, since they need a token."""
    changes = {"host": "0.0.0.0", "token": TOKEN, "server": "https://lab.example:8443", "allowed_hosts": ("service",)}
    guarded = Settings(database_url=settings.database_url, tick_seconds=3600.0, **changes)
    with TestClient(create_app(guarded, database), base_url="http://service:8000") as client:
        for host in ("service:8000", "LAB.example:8443", "127.0.0.1:8000", "localhost"):
            assert client.get(STUDIES, headers={**SUBMIT, "Host": host}).status_code == 200, host
        assert client.get(STUDIES, headers={**SUBMIT, "Host": "10.1.2.3:8000"}).status_code == 421
        assert client.get("/metrics", headers={**SUBMIT, "Host": "10.1.2.3:8000"}).status_code == 200
        assert client.get("/metrics", headers={"Host": "10.1.2.3:8000"}).status_code == 401


def test_metrics_without_a_token_are_for_known_hosts(api: TestClient) -> None:
    assert api.get("/metrics", headers={"Host": "evil.example"}).status_code == 421


@pytest.mark.parametrize(
    ("header", "name"), [("LOCALHOST:80", "localhost"), ("[::1]:8000", "[::1]"), ("127.0.0.1", "127.0.0.1"), ("", "")]
)
def test_host_name(header: str, name: str) -> None:
    assert host_name(header) == name
