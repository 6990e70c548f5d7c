"""Logged-out sessions: known here at once, in other services within seconds, and while the database is away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from loops import run_alone
from processes import free_port

from service.app import create_app
from service.door.security import COOKIE, login_code
from service.door.sessions import RECHECK_SECONDS, EndedSessions
from service.settings import Settings, load
from studies.errors import StorageUnavailableError
from studies.storage.engine import Database, open_database

TOKEN = "a-token-for-tests-0123456789"
BASE = "http://127.0.0.1:8000"
SESSION = "9999999999.nonce"


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


def test_the_last_reply_counts_while_the_database_is_away(
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
        _ask(ended, "9999999999.another")
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


def test_a_late_reply_brings_no_session_back(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = EndedSessions(database)

    def overtaken(_: Any, session: str) -> bool:
        ended.end(session)
        return False

    monkeypatch.setattr("service.door.sessions.codes.is_used", overtaken)
    assert _ask(ended)
    assert _ask(ended)


def test_what_is_known_is_bounded(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.door.sessions.codes.is_used", _counting([]))
    monkeypatch.setattr("service.door.sessions.MAX_KNOWN", 10)
    ended = EndedSessions(database)
    for number in range(25):
        _ask(ended, str(number))
    assert len(ended._known) == 5


def _ask(ended: EndedSessions, session: str = SESSION) -> bool:
    return run_alone(ended.has(session))


def _counting(asked: list[str]) -> Callable[[Any, str], bool]:
    def is_used(_: Any, code: str) -> bool:
        asked.append(code)
        return False

    return is_used
