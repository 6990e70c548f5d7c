"""Hostile inputs, more than two hundred: each is refused in one sentence, alike on SQLite and PostgreSQL."""

from __future__ import annotations

import hostile_documents
import hostile_requests
import pytest
from odd_requests import complaints, send
from twin_services import Clients

from studies.storage import overview

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
    before = {name: overview.revisions(client.app.state.database) for name, client in clients.items()}  # type: ignore[attr-defined]
    wrong = []
    for odd in PARTS[part]:
        answers = {name: send(client, odd) for name, client in clients.items()}
        wrong += [(odd.what, name, c) for name, answer in answers.items() for c in complaints(odd, answer)]
        if len({answer.text for answer in answers.values()}) > 1:
            wrong.append((odd.what, "both", "differ"))
    assert not wrong, "\n".join(map(str, wrong))
    after = {name: overview.revisions(client.app.state.database) for name, client in clients.items()}  # type: ignore[attr-defined]
    assert after == before
