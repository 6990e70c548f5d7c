"""Hostile inputs, more than two hundred: each is refused in one sentence, alike on SQLite and PostgreSQL."""

from __future__ import annotations

import hostile_documents
import hostile_requests
import pytest
from twin_services import Clients, assert_answered_as_said

PARTS = {
    "shapes": hostile_documents.SHAPES,
    "values": hostile_documents.VALUES,
    "addresses": hostile_requests.ADDRESSES,
    "headers": hostile_requests.HEADERS,
    "extensions": hostile_requests.EXTENSIONS,
    "tables": hostile_requests.TABLES,
}


def test_there_are_more_than_two_hundred_and_none_twice() -> None:
    rows = [odd for part in PARTS.values() for odd in part]
    assert len(rows) > 200
    requests = [(odd.method, odd.path, odd.content, tuple(odd.headers.items())) for odd in rows]
    assert len(set(requests)) == len(rows)


@pytest.mark.parametrize("part", PARTS)
def test_every_hostile_input_is_refused_and_leaves_no_trace(clients: Clients, part: str) -> None:
    assert_answered_as_said(clients, PARTS[part])
