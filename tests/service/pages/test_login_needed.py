"""The page for a browser without a session."""

from __future__ import annotations

import re

from fastapi.testclient import TestClient

from service.door.security import login_code

PAGE = {"Accept": "text/html"}
TOKEN = "a-token-for-tests-0123456789"
BASE = "http://127.0.0.1:8000"


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
    answer = locked.get("/login", params={"code": "x"}, headers={**PAGE, "Sec-Fetch-Site": "none"})
    assert answer.status_code == 401
    assert "This address was used or is too old" in answer.text
    assert "<code>golden login</code>" in answer.text


def test_programs_get_a_problem(locked: TestClient) -> None:
    for path, headers in (("/", {}), ("/api/v1/studies", PAGE)):
        answer = locked.get(path, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["type"].endswith("token-needed")


def test_a_browser_that_was_led_here_is_asked_first(locked: TestClient) -> None:
    code = login_code(TOKEN)
    text = locked.get("/login", params={"code": code}, headers=PAGE).text
    assert "Log in to this dashboard?" in text
    assert f'<form method="post" action="/login?code={code}">' in text
    answer = locked.post("/login", params={"code": code}, headers={**PAGE, "Origin": BASE}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_the_question_repeats_an_odd_code_as_text(locked: TestClient) -> None:
    text = locked.get("/login", params={"code": '"><script>alert(1)</script>'}, headers=PAGE).text
    assert "<script>" not in text
