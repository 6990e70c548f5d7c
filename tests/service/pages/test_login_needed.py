"""The page for a browser without a session."""

from __future__ import annotations

import re

from fastapi.testclient import TestClient

PAGE = {"Accept": "text/html"}


def test_a_browser_is_shown_how_to_log_in(locked: TestClient) -> None:
    for path in ("/", "/studies/any", "/no/such"):
        answer = locked.get(path, headers=PAGE)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert "<code>golden login</code>" in answer.text
        assert "This dashboard needs a login" in answer.text


def test_the_page_needs_nothing_else_from_the_service(locked: TestClient) -> None:
    text = locked.get("/", headers=PAGE).text
    assert "<style>" in text
    assert not re.search(r'(?:src|href)="', text)


def test_a_refused_code_is_explained_to_a_browser(locked: TestClient) -> None:
    answer = locked.get("/login", params={"code": "x"}, headers=PAGE)
    assert answer.status_code == 401
    assert "This address was used or is too old" in answer.text
    assert "<code>golden login</code>" in answer.text


def test_programs_get_a_problem(locked: TestClient) -> None:
    for path, headers in (("/", {}), ("/api/v1/studies", PAGE)):
        answer = locked.get(path, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["type"].endswith("token-needed")
