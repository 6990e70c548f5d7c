"""The session cookie and its attributes."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.door.security import COOKIE, login_code
from service.settings import Settings
from studies.storage.engine import Database

TOKEN = "a-token-for-tests-0123456789"


@pytest.mark.parametrize(("server", "secure"), [("https://lab.example", True), ("http://lab.example", False)])
def test_cookie_attributes(settings: Settings, database: Database, server: str, secure: bool) -> None:
    guarded = Settings(database_url=settings.database_url, token=TOKEN, server=server, tick_seconds=3600.0)
    with TestClient(create_app(guarded, database), base_url="http://127.0.0.1:8000") as client:
        answer = client.get("/login", params={"code": login_code(TOKEN)}, follow_redirects=False)
    cookie = answer.headers["set-cookie"]
    assert answer.headers["cache-control"] == "no-store"
    assert all(part in cookie for part in (f"{COOKIE}=", "HttpOnly", "SameSite=strict", "Path=/", "Max-Age="))
    assert ("Secure" in cookie) is secure
    assert TOKEN not in cookie
