"""The list of requests stands where people look for it."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.testclient import TestClient

from service.pages.docs_view import operations


def test_every_documented_request_is_listed(api: TestClient) -> None:
    page = api.get("/docs", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "/api/v1/openapi.json" in page.text
    assert "script-src 'self';" in page.headers["content-security-policy"]
    app = api.app
    assert isinstance(app, FastAPI)
    found = operations(app)
    assert len(found) >= 28
    assert [each for each in found if f"<code>{each.method} {each.path}</code>" not in page.text] == []
    assert all(each.summary for each in found)


def test_redoc_leads_there(api: TestClient) -> None:
    assert api.get("/redoc", follow_redirects=False).headers["location"] == "/docs"


def test_it_needs_a_credential(locked: TestClient) -> None:
    assert locked.get("/docs").status_code == 401
