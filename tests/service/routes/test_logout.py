"""Logout ends a session, wherever its cookie was copied to."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from signatures import other_spelling

from service.app import create_app
from service.door.security import COOKIE, login_code
from service.settings import Settings
from studies.storage.engine import Database

TOKEN = "a-token-for-tests-0123456789"
READ_TOKEN = "a-token-that-may-only-look-01"
BASE = "http://127.0.0.1:8000"
STUDIES = "/api/v1/studies"
PAGE = {"Accept": "text/html"}


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


def test_no_other_spelling_of_a_cookie_outlives_its_logout(locked: TestClient) -> None:
    _enter(locked)
    other = {"Cookie": f"{COOKIE}={other_spelling(locked.cookies[COOKIE])}"}
    assert locked.get(STUDIES, headers=other).status_code == 200
    assert locked.post("/logout").status_code == 204
    assert locked.get(STUDIES, headers=other).status_code == 401
