"""Errors are pages for browsers, and problems for other callers."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from site_studies import Site
from waiting import CEILING

from service.pages import assets


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/studies/nope", 404),
        ("/studies/UPPER%20case", 404),
        ("/studies/measured?sweep=nope@nowhere", 404),
        ("/studies/measured?objective=happiness", 422),
        ("/studies/measured?cursor=%00", 422),
        ("/studies/measured/trials/golden@digits/99999", 404),
        ("/studies/measured/trials/golden@digits/x", 422),
        ("/submit?from=nothing", 404),
        ("/no/such/page", 404),
        ("/?state=confused", 422),
        ("/assets/plotly-0.0.0.min.js", 404),
        (f"/assets/{assets.DIGEST}/..%2Frouter.py", 404),
    ],
)
def test_errors_are_pages_for_browsers(get: Any, path: str, status: int) -> None:
    answer = get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert "All studies" in answer.text


def test_errors_are_problems_for_everybody_else(site: Site) -> None:
    for path in ("/studies/nope", "/no/such/page", "/api/v1/nothing"):
        answer = httpx2.get(site.url + path, headers={"Accept": "application/json"}, timeout=CEILING)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_an_error_page_escapes_what_was_asked_for(get: Any) -> None:
    text = get("/studies/%3Cscript%3Ealert(1)%3C%2Fscript%3E").text
    assert "<script>alert" not in text
