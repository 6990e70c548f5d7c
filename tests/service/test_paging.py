"""The link to the next page."""

from __future__ import annotations

import pytest
from fastapi import Request

from service.paging import next_link


@pytest.mark.parametrize(
    ("query", "cursor", "link"),
    [
        (b"", "c2", '</api/v1/studies?cursor=c2>; rel="next"'),
        (b"limit=2&state=paused", "c2", '</api/v1/studies?limit=2&state=paused&cursor=c2>; rel="next"'),
        (b"cursor=c1&limit=2", "c2", '</api/v1/studies?limit=2&cursor=c2>; rel="next"'),
        (b"limit=2", "a>b&c", '</api/v1/studies?limit=2&cursor=a%3Eb%26c>; rel="next"'),
    ],
)
def test_the_next_page_has_the_same_query_but_for_the_cursor(query: bytes, cursor: str, link: str) -> None:
    request = Request({"type": "http", "path": "/api/v1/studies", "query_string": query, "headers": []})
    assert next_link(request, cursor) == {"Link": link}


def test_the_last_page_has_no_link() -> None:
    request = Request({"type": "http", "path": "/api/v1/studies", "query_string": b"limit=2", "headers": []})
    assert next_link(request, None) == {}
