"""Login: a code opens a session once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from signatures import other_spelling, spellings

from service.app import create_app
from service.door.security import COOKIE, login_code
from service.settings import Settings
from studies.storage.engine import Database

TOKEN = "a-token-for-tests-0123456789"
READ_TOKEN = "a-token-that-may-only-look-01"
STUDIES = "/api/v1/studies"


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


def test_a_used_login_code_stays_used_after_a_restart(settings: Settings, database: Database) -> None:
    guarded = Settings(database_url=settings.database_url, token=TOKEN, tick_seconds=3600.0)
    code, seen = login_code(TOKEN), []
    for _ in range(2):  # the same service, started twice
        with TestClient(create_app(guarded, database), base_url="http://127.0.0.1:8000") as client:
            seen.append(client.get("/login", params={"code": code}, follow_redirects=False).status_code)
    assert seen == [303, 401]


def test_no_other_spelling_of_a_code_works_a_second_time(locked: TestClient) -> None:
    code = login_code(TOKEN)
    texts = [code, *spellings(code)]
    statuses = [locked.get("/login", params={"code": t}, follow_redirects=False).status_code for t in texts]
    assert statuses == [303, 401, 401, 401, 401]
    code = login_code(TOKEN)
    texts = [other_spelling(code), code]
    statuses = [locked.get("/login", params={"code": t}, follow_redirects=False).status_code for t in texts]
    assert statuses == [303, 401]


@pytest.mark.parametrize(
    "make",
    [
        lambda: "x",
        lambda: "1.2.3",
        lambda: "9999999999.nonce.signature",
        lambda: login_code(TOKEN)[:-8],
        lambda: login_code("other"),
    ],
    ids=["a letter", "numbers", "forged", "truncated", "of another token"],
)
def test_forged_and_truncated_codes_are_refused_alike(locked: TestClient, make: Callable[[], str]) -> None:
    answer = locked.get("/login", params={"code": make()}, follow_redirects=False)
    assert answer.status_code == 401
    assert answer.json()["type"].endswith("login-code-refused")
    assert answer.json()["detail"] == "this address was used or is too old; `golden login` prints another"
    assert "set-cookie" not in answer.headers


def test_an_expired_code_is_refused_like_a_forged_one(locked: TestClient) -> None:
    answer = locked.get("/login", params={"code": login_code(TOKEN, now=time.time() - 400)}, follow_redirects=False)
    assert answer.status_code == 401
    assert answer.json()["detail"] == "this address was used or is too old; `golden login` prints another"
