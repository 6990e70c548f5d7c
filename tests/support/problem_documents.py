"""A check of problem responses that tests of several routes share."""

from __future__ import annotations

from typing import Any


def assert_problem(answer: Any, status: int) -> dict[str, Any]:
    """The problem document in a response, which is checked to be one of this status without a traceback."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["type"].startswith("urn:golden-study:problem:")
    assert "Traceback" not in answer.text
    return body
