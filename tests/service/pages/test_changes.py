"""The card with a study's history of changes: who, what, when; escaped, short, and read only for a page made anew."""

from __future__ import annotations

import re
from typing import Any

from asked import asked_by_requests
from fastapi.testclient import TestClient
from waiting import wait_until

from service.pages.router import RECENT_CHANGES
from studies.storage import studies
from studies.storage.engine import Database

STUDIES = "/api/v1/studies"
HTML = {"Accept": "text/html"}
HOSTILE = "<script>alert(1)</script>"


def card(client: TestClient, **headers: str) -> str:
    text = client.get("/studies/small", headers={**HTML, **headers}).text
    found = re.search(r'<section id="changes".*?</section>', text, re.DOTALL)
    assert found is not None
    return found[0]


def test_the_card_shows_every_change_and_where_to_read_on(
    api: TestClient, database: Database, document: dict[str, Any]
) -> None:
    api.post(STUDIES, json=document)
    studies.pause(database, "small", actor=HOSTILE)
    shown = card(api)
    assert "History of changes" in shown
    assert re.findall(r'data-label="What">(\w+)<', shown) == ["pause", "submit"]
    assert 'data-label="Who">local<' in shown
    assert "16 runs, document" in shown
    assert HOSTILE not in shown
    assert "&lt;script&gt;" in shown
    assert f'href="{STUDIES}/small/audit"' in shown
    assert "golden events small" in shown


def test_the_card_ends_after_the_newest_ten(api: TestClient, database: Database, document: dict[str, Any]) -> None:
    api.post(STUDIES, json=document)
    for _ in range(6):
        studies.pause(database, "small")
        studies.resume(database, "small")
    shown = card(api)
    assert len(re.findall("data-label=.What", shown)) == RECENT_CHANGES
    assert "submit" not in shown
    assert "All changes" in shown


def test_an_unchanged_page_reads_no_history(api: TestClient, database: Database, document: dict[str, Any]) -> None:
    api.post(STUDIES, json=document)
    with asked_by_requests(database) as asked:
        answer = api.get("/studies/small", headers=HTML)
        assert [statement for statement in asked if "golden_events" in statement]

        def is_unchanged() -> bool:
            nonlocal answer
            asked.clear()
            answer = api.get("/studies/small", headers={**HTML, "If-None-Match": answer.headers["etag"]})
            return bool(answer.status_code == 304)

        wait_until(is_unchanged, what="304")  # the page changes once more when its verdict has come
    assert asked
    assert not [statement for statement in asked if "golden_events" in statement]


def test_the_card_follows_the_study(api: TestClient, document: dict[str, Any]) -> None:
    api.post(STUDIES, json=document)
    assert 'data-label="What">cancel<' not in card(api)
    api.post(f"{STUDIES}/small/cancel")
    assert 'data-label="What">cancel<' in card(api)
