"""Deny by default: who may come in, from where, and what every answer carries."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from service.app import create_app
from service.door.gate import HEADERS, OPEN_PATHS, host_name
from service.door.security import COOKIE, Doorkeeper, Key, Scope, login_code
from service.settings import Settings
from studies.storage.engine import Database

TOKEN = "a-token-for-tests-0123456789"
READ_TOKEN = "a-token-that-may-only-look-01"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE")
GUESSES = 30  # wrong ones that an address may show at once
SUBMIT = {"Authorization": f"Bearer {TOKEN}"}
READ = {"Authorization": f"Bearer {READ_TOKEN}"}
STUDIES = "/api/v1/studies"


def _always(code: str, expires: int) -> bool:
    return True


def _paths(app: FastAPI) -> list[str]:
    """Every documented path with its parameters filled in, and some that are not documented."""
    filled = [re.sub(r"\{\w+\}", "csv", path) for path in app.openapi()["paths"]]
    return [*filled, "/", "/studies/x", "/assets/x.js", "/api/v1/openapi.json", "/docs", "/no/such", "/api/v1/nothing"]


def test_every_route_and_method_needs_a_token(locked: TestClient) -> None:
    app = locked.app
    assert isinstance(app, FastAPI)
    open_paths = OPEN_PATHS
    for path in _paths(app):
        for method in METHODS:
            answer = locked.request(method, path)
            if path not in open_paths:
                assert answer.status_code == 401, (method, path)
                assert answer.headers["www-authenticate"].startswith("Bearer")


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


def test_login_code_opens_a_session_once(locked: TestClient) -> None:
    code = login_code(TOKEN)
    answer = locked.get("/login", params={"code": code}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert all(part in cookie for part in (COOKIE, "HttpOnly", "SameSite=strict"))
    assert locked.get(STUDIES).status_code == 200
    locked.cookies.clear()
    assert locked.get("/login", params={"code": code}, follow_redirects=False).status_code == 401
    assert locked.get(STUDIES).status_code == 401


def test_a_read_tokens_session_may_only_look(locked: TestClient, document: dict[str, Any]) -> None:
    locked.get("/login", params={"code": login_code(READ_TOKEN)}, follow_redirects=False)
    assert locked.get(STUDIES).status_code == 200
    assert locked.post(STUDIES, json=document).status_code == 403


def test_an_old_login_code_is_refused() -> None:
    doorkeeper = Doorkeeper((Key(Scope.SUBMIT, TOKEN),))
    assert doorkeeper.session_for(login_code(TOKEN, now=1_000.0), use_once=_always) is None


def test_a_login_code_is_no_session_and_the_reverse() -> None:
    doorkeeper = Doorkeeper((Key(Scope.SUBMIT, TOKEN),))
    session = doorkeeper.session_for(login_code(TOKEN), use_once=_always)
    assert session is not None
    assert doorkeeper.by_session(session) is Scope.SUBMIT
    assert doorkeeper.session_for(session, use_once=_always) is None
    assert doorkeeper.by_session(login_code(TOKEN)) is None


@pytest.mark.parametrize(
    "text", ["", ".", "1.2.3", "9999999999.x.y", "²³.a.b", "99999999999999999999.a.b", "\x00.\x00"]
)
def test_made_up_sessions_are_refused(text: str) -> None:
    assert Doorkeeper((Key(Scope.SUBMIT, TOKEN),)).by_session(text) is None


def test_wrong_tokens_and_codes_are_limited_per_address(locked: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    app = locked.app
    assert isinstance(app, FastAPI)
    assert app.state.settings.guesses_per_minute == GUESSES
    monkeypatch.setattr(app.state.guesses, "_clock", lambda: 0.0)  # nothing refills, however slow this machine
    locked.get("/login", params={"code": login_code(TOKEN)}, follow_redirects=False)
    cookie = {"Cookie": f"{COOKIE}={locked.cookies[COOKIE]}"}
    locked.cookies.clear()
    wrong = {"Authorization": f"Bearer {TOKEN}x"}
    statuses = [locked.get(STUDIES, headers=wrong).status_code for _ in range(GUESSES // 2)]
    codes = [f"{9_999_999_999 + n}.a.b" for n in range(GUESSES)]
    statuses += [locked.get("/login", params={"code": code}).status_code for code in codes]
    assert statuses == [401] * GUESSES + [429] * (GUESSES // 2)
    for refused in (locked.get(STUDIES, headers=wrong), locked.get(STUDIES, headers=SUBMIT)):
        assert refused.status_code == 429, "nothing tells whether the token was right"
        assert refused.headers["retry-after"] == "2"
    assert locked.get(STUDIES).status_code == 401, "who shows nothing guesses nothing"
    assert locked.get(STUDIES, headers=cookie).status_code == 200, "a session goes on"
    assert locked.get("/healthz", headers=wrong).status_code == 200


def test_right_tokens_and_missing_ones_are_not_counted(locked: TestClient) -> None:
    for _ in range(2 * GUESSES):
        assert locked.get("/api/v1/schema", headers=READ).status_code == 200
        assert locked.get("/api/v1/schema").status_code == 401


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


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/schema", "/no/such", f"{STUDIES}/none", "/login"])
def test_every_answer_carries_the_security_headers(locked: TestClient, path: str) -> None:
    answer = locked.get(path)
    assert HEADERS.items() <= dict(answer.headers.items()).items() or all(
        answer.headers[name] == value for name, value in HEADERS.items()
    )
