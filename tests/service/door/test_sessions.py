"""A logout ends a session wherever its cookie was copied to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient
from processes import free_port

from service.app import create_app
from service.door.security import COOKIE, expiry_of, login_code
from service.door.sessions import RECHECK_SECONDS, EndedSessions
from service.settings import Settings, load
from studies.errors import StorageUnavailableError
from studies.storage.engine import Database, open_database

TOKEN = "a-token-for-tests-0123456789"
READ_TOKEN = "a-token-that-may-only-look-01"
BASE = "http://127.0.0.1:8000"
STUDIES = "/api/v1/studies"
SESSION = "9999999999.nonce.signature"
PAGE = {"Accept": "text/html"}


class Clock:
    """A clock that stands still until it is turned."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _enter(client: TestClient, token: str = TOKEN) -> dict[str, str]:
    """Log a browser in; returns a copy of its cookie, as a header."""
    client.get("/login", params={"code": login_code(token)}, follow_redirects=False)
    return {"Cookie": f"{COOKIE}={client.cookies[COOKIE]}"}


@pytest.mark.parametrize("token", [TOKEN, READ_TOKEN])
def test_a_logout_ends_the_session_and_its_copies(locked: TestClient, token: str) -> None:
    copy = _enter(locked, token)
    assert locked.get(STUDIES, headers=copy).status_code == 200
    answer = locked.post("/logout")
    assert (answer.status_code, answer.text) == (204, "")
    assert COOKIE not in locked.cookies
    for _ in range(2):
        assert locked.get(STUDIES, headers=copy).status_code == 401
    assert locked.post("/logout", headers=copy).status_code == 401, "there is nothing left to end"
    assert locked.get(STUDIES, headers={"Authorization": f"Bearer {token}"}).status_code == 200, "no token is revoked"


def test_another_session_goes_on(locked: TestClient) -> None:
    one, two = _enter(locked), _enter(locked)
    locked.cookies.clear()
    assert locked.post("/logout", headers=one).status_code == 204
    assert [locked.get(STUDIES, headers=cookie).status_code for cookie in (one, two)] == [401, 200]


def test_a_token_has_no_session_to_end(locked: TestClient) -> None:
    copy = _enter(locked)
    locked.cookies.clear()
    both = {**copy, "Authorization": f"Bearer {TOKEN}"}
    assert locked.post("/logout", headers=both).status_code == 204
    assert locked.get(STUDIES, headers=copy).status_code == 200


def test_a_browser_is_shown_the_way_in_again(locked: TestClient) -> None:
    _enter(locked)
    assert 'action="/logout"' in locked.get("/", headers=PAGE).text
    answer = locked.post("/logout", headers={**PAGE, "Origin": BASE}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "needs a login" in locked.get("/", headers=PAGE).text


def test_another_site_logs_nobody_out(locked: TestClient) -> None:
    copy = _enter(locked)
    assert locked.post("/logout", headers={"Origin": "https://evil.example"}).status_code == 403
    assert locked.get(STUDIES, headers=copy).status_code == 200


def test_who_came_in_without_a_session_sees_no_button(api: TestClient, locked: TestClient) -> None:
    token = {**PAGE, "Authorization": f"Bearer {TOKEN}"}
    for answer in (api.get("/", headers=PAGE), locked.get("/", headers=token)):
        assert answer.status_code == 200
        assert "/logout" not in answer.text


def test_the_page_with_a_button_is_another_than_the_one_without(locked: TestClient) -> None:
    token = {**PAGE, "Authorization": f"Bearer {TOKEN}"}
    without = locked.get("/", headers=token).headers["etag"]
    _enter(locked)
    assert locked.get("/", headers={**PAGE, "If-None-Match": without}).status_code == 200


def test_a_logout_outlives_a_restart(settings: Settings, database: Database) -> None:
    guarded = Settings(database_url=settings.database_url, token=TOKEN, tick_seconds=3600.0)
    with TestClient(create_app(guarded, database), base_url=BASE) as client:
        copy = _enter(client)
        assert client.post("/logout").status_code == 204
    with TestClient(create_app(guarded, database), base_url=BASE) as client:
        assert client.get(STUDIES, headers=copy).status_code == 401


@pytest.fixture
def unreachable() -> Iterator[TestClient]:
    """An application whose database is not there."""
    url = f"postgresql://golden@127.0.0.1:{free_port()}/none"
    guarded = load({}, database_url=url, token=TOKEN, tick_seconds=3600.0)
    with TestClient(create_app(guarded), base_url=BASE, raise_server_exceptions=False) as client:
        yield client


def test_unknown_sessions_wait_for_the_database(unreachable: TestClient, locked: TestClient) -> None:
    copy = _enter(locked)
    answer = unreachable.get("/api/v1/schema", headers=copy)
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"]
    assert answer.headers["x-frame-options"] == "DENY"
    assert unreachable.get("/healthz", headers=copy).status_code == 200
    assert unreachable.get("/api/v1/schema", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_other_services_learn_of_it(database: Database) -> None:
    clock = Clock()
    here, there = (EndedSessions(database, clock=clock) for _ in range(2))
    assert not _ask(there)
    here.end(SESSION)
    assert _ask(here)
    assert not _ask(there), "asked a moment ago"
    clock.now += RECHECK_SECONDS
    assert _ask(there)


def test_the_last_answer_stands_while_the_database_is_away(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    ended = EndedSessions(database, clock=clock)
    assert not _ask(ended)
    away = open_database(f"postgresql://golden@127.0.0.1:{free_port()}/none")
    monkeypatch.setattr(ended, "_db", away)
    clock.now += RECHECK_SECONDS
    assert not _ask(ended)
    with pytest.raises(StorageUnavailableError):
        _ask(ended, "9999999999.another.signature")
    away.dispose()


def test_a_session_is_asked_about_now_and_then(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("service.door.sessions.codes.is_used", _counting(asked))
    clock = Clock()
    ended = EndedSessions(database, clock=clock)
    for _ in range(20):
        assert not _ask(ended)
    clock.now += RECHECK_SECONDS
    _ask(ended)
    assert asked == [SESSION] * 2


def test_an_answer_that_was_on_its_way_brings_no_session_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = EndedSessions(database)

    def overtaken(_: Any, session: str) -> bool:
        ended.end(session)
        return False

    monkeypatch.setattr("service.door.sessions.codes.is_used", overtaken)
    assert _ask(ended)
    assert _ask(ended)


def test_what_is_known_is_bounded(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.door.sessions.codes.is_used", _counting([]))
    monkeypatch.setattr("service.door.sessions.MOST_KNOWN", 10)
    ended = EndedSessions(database)
    for number in range(25):
        _ask(ended, str(number))
    assert len(ended._known) == 5


def test_expiry() -> None:
    assert expiry_of(login_code(TOKEN, now=1_000.0)) == 1_300


def _ask(ended: EndedSessions, session: str = SESSION) -> bool:
    """In a thread of its own: the browser of other tests keeps this one's event loop running."""

    async def has() -> bool:
        return await ended.has(session)

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(has())).result()


def _counting(asked: list[str]) -> Callable[[Any, str], bool]:
    def is_used(_: Any, code: str) -> bool:
        asked.append(code)
        return False

    return is_used
