"""Every odd request has the answer that the table says, the same on SQLite and PostgreSQL, and leaves no trace."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from odd_requests import JSON, ROWS, STUDIES, STUDY
from twin_services import Clients, assert_answered_as_said


def test_every_odd_request_is_answered_as_the_table_says(clients: Clients) -> None:
    assert len(ROWS) > 100
    assert_answered_as_said(clients, ROWS)


TEXTS = ["{{7*7}}", "{0.__class__}", "%s%n", "=cmd()", "<b>x</b>", "'; --", "${jndi:x}", "日本語", "a" * 200]


@pytest.mark.parametrize("title", TEXTS)
def test_odd_texts_stay_text(clients: Clients, title: str) -> None:
    for client in clients.values():
        answer = client.post(STUDIES, json={**STUDY, "title": title})
        assert answer.status_code == 201
        assert answer.json()["spec"]["title"] == title
        page = client.get("/studies/odd", headers={"Accept": "text/html"}).text
        assert "<b>x</b>" not in page


def test_a_byte_order_mark_is_ignored(clients: Clients) -> None:
    content = b"\xef\xbb\xbf" + json.dumps(STUDY).encode()
    assert {c.post(STUDIES, content=content, headers=JSON).status_code for c in clients.values()} == {201}


def test_the_same_key_at_once_makes_one_study(clients: Clients) -> None:
    """A double click, a retry and a second client: one study, and another body under the key is refused."""
    headers = {"Idempotency-Key": "click-1"}
    for client in clients.values():
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: client.post(STUDIES, json=STUDY, headers=headers), range(16)))  # noqa: B023
        statuses = [answer.status_code for answer in answers]
        assert sorted(set(statuses)) == [200, 201]
        assert statuses.count(201) == 1
        other = client.post(STUDIES, json={**STUDY, "seed": 5}, headers=headers)
        assert other.status_code == 422
        assert other.json()["type"].endswith("idempotency-key-reused")


JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from([*STUDY, "claim", "search_space", "replication", "limits", "priority", "seed", "more"])


@hypothesis_settings(
    max_examples=60, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(changes=st.dictionaries(KEYS, JSONISH, min_size=1, max_size=2), amount=JSONISH)
def test_no_made_up_value_is_accepted_or_breaks_anything(
    clients: Clients, changes: dict[str, Any], amount: Any
) -> None:
    content = json.dumps({**STUDY, **changes}).encode("utf-8", "surrogatepass")
    more = json.dumps({"more": amount}).encode("utf-8", "surrogatepass")
    for path, body in ((f"{STUDIES}/preview", content), (f"{STUDIES}/there/extend", more)):
        answers = [client.post(path, content=body, headers=JSON) for client in clients.values()]
        assert {answer.status_code for answer in answers} <= {200, 422, 409}
        assert len({answer.status_code for answer in answers}) == 1
        if answers[0].status_code == 200 and path.endswith("extend"):
            assert type(amount) is int
            assert 1 <= amount <= 20_000
