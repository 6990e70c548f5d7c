"""Limits at the gate: the size and time of bodies, the rates of changes and of wrong tokens."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from problem_documents import assert_problem
from raw_http import received, request_head
from serving import serving
from waiting import CEILING

from service.app import create_app
from service.door import gate, tokens_file
from service.door.rate_limit import RateLimit
from service.door.scopes import Scope
from service.door.security import COOKIE, login_code
from service.settings import Settings
from studies.storage.engine import Database

STUDIES = "/api/v1/studies"
JSON = {"Content-Type": "application/json"}


TOKEN = "a-token-for-tests-0123456789"
READ_TOKEN = "a-token-that-may-only-look-01"
GUESSES = 30  # wrong ones that an address may show at once
SUBMIT = {"Authorization": f"Bearer {TOKEN}"}
READ = {"Authorization": f"Bearer {READ_TOKEN}"}
SUBMITS = frozenset({Scope.SUBMIT})


def test_large_body_with_length(api: TestClient) -> None:
    assert_problem(api.post(STUDIES, content=b" " * 300_000, headers=JSON), 413)


def test_large_body_without_length(api: TestClient) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(300):
            yield b" " * 1000

    assert_problem(api.post(STUDIES, content=pieces(), headers=JSON), 413)


def test_a_body_that_never_ends_is_given_up(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "BODY_SECONDS", 0.3)
    with (
        serving(create_app(settings, database)) as port,
        socket.create_connection(("127.0.0.1", port), timeout=CEILING) as connection,
    ):
        connection.sendall(request_head("POST", STUDIES, "Content-Length: 100") + b"{")
        assert received(connection).split(b" ")[1] == b"408"


@pytest.fixture
def standing_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """No rate limit of an application that is made under it refills, however slow this machine."""
    monkeypatch.setattr(gate, "RateLimit", partial(RateLimit, clock=lambda: 0.0))


def _limited_client(settings: Settings, database: Database, per_minute: int) -> TestClient:
    few = settings.model_copy(update={"writes_per_minute": per_minute})
    return TestClient(create_app(few, database), base_url="http://127.0.0.1:8000", raise_server_exceptions=False)


@pytest.mark.usefixtures("standing_clock")
def test_changes_beyond_the_limit_are_refused_with_a_time(
    settings: Settings, database: Database, document: dict[str, Any]
) -> None:
    with _limited_client(settings, database, 5) as client:
        answers = [client.post(STUDIES, json={**document, "name": f"n{i}"}) for i in range(8)]
        assert [answer.status_code for answer in answers] == [201] * 5 + [429] * 3
        assert answers[-1].headers["content-type"] == "application/problem+json"
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 12
        disguised = client.post(STUDIES, json=document, headers={"X-Forwarded-For": "1.2.3.4", "Forwarded": "for=9"})
        assert disguised.status_code == 429
        assert client.get(STUDIES).status_code == 200
        assert client.post(f"{STUDIES}/preview", json=document).status_code == 200
        assert 'golden_requests_refused_total{kind="write"} 4.0' in client.get("/metrics").text


@pytest.mark.usefixtures("standing_clock")
def test_a_thousand_submits_at_once_meet_the_limit(settings: Settings, database: Database) -> None:
    content = json.dumps({"name": "-"}).encode()
    allowed = settings.writes_per_minute
    with _limited_client(settings, database, allowed) as client:
        statuses = [client.post(STUDIES, content=content, headers=JSON).status_code for _ in range(1000)]
    assert statuses == [422] * allowed + [429] * (1000 - allowed)


def test_wrong_tokens_and_codes_are_limited_per_address(locked: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    app = locked.app
    assert isinstance(app, FastAPI)
    assert app.state.settings.guesses_per_minute == GUESSES
    for guesses in (app.state.token_guesses, app.state.code_guesses):  # nothing refills, however slow this machine
        monkeypatch.setattr(guesses._each, "_clock", lambda: 0.0)
    locked.get("/login", params={"code": login_code(TOKEN)}, follow_redirects=False)
    cookie = {"Cookie": f"{COOKIE}={locked.cookies[COOKIE]}"}
    locked.cookies.clear()
    wrong = {"Authorization": f"Bearer {TOKEN}x"}
    codes = [f"{9_999_999_999 + n}.a.b" for n in range(GUESSES + 5)]
    statuses = [locked.get("/login", params={"code": code}).status_code for code in codes]
    assert statuses == [401] * GUESSES + [429] * 5
    statuses = [locked.get(STUDIES, headers=wrong).status_code for _ in range(GUESSES + 5)]
    assert statuses == [401] * GUESSES + [429] * 5, "codes and tokens are counted apart"
    assert locked.get(STUDIES, headers=wrong).headers["retry-after"] == "2"
    for right in (SUBMIT, READ):
        assert locked.get(STUDIES, headers=right).status_code == 200, "no right token waits for wrong ones"
    assert locked.get("/metrics", headers=READ).status_code == 200
    assert locked.get("/login", params={"code": login_code(TOKEN)}, follow_redirects=False).status_code == 303
    locked.cookies.clear()
    assert locked.get(STUDIES).status_code == 401, "a request without a token is no guess"
    assert locked.get(STUDIES, headers=cookie).status_code == 200, "a session goes on"
    assert locked.get("/healthz", headers=wrong).status_code == 200


def test_right_tokens_and_missing_ones_are_not_counted(locked: TestClient) -> None:
    for _ in range(2 * GUESSES):
        assert locked.get("/api/v1/schema", headers=READ).status_code == 200
        assert locked.get("/api/v1/schema").status_code == 401


@pytest.mark.usefixtures("standing_clock")
def test_changes_are_counted_for_each_named_caller_although_they_share_an_address(
    settings: Settings, database: Database, document: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "tokens.toml"
    alice, bob = ({"Authorization": f"Bearer {tokens_file.add(file, n, SUBMITS)}"} for n in ("alice", "bob"))
    few = settings.model_copy(update={"writes_per_minute": 3, "tokens_file": file})
    with TestClient(create_app(few, database), base_url="http://127.0.0.1:8000") as client:
        for expected in (201, 200, 200, 429):
            assert client.post(STUDIES, json=document, headers=alice).status_code == expected
        assert client.post(f"{STUDIES}/small/pause", headers=bob).status_code == 200
        assert client.get(STUDIES, headers=alice).status_code == 200
