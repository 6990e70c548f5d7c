"""Pages as text: what they say without any script, and how they are cached."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from waiting import wait_until

from studies.storage import queue, workers
from studies.storage.engine import Database
from studies.storage.read_models import WorkerStatus

BROWSER = {"Accept": "text/html"}
PAGES = [
    "/",
    "/studies/measured",
    "/studies/measured/objectives",
    "/studies/moving",
    "/studies/widened",
    "/studies/live",
    "/workers",
    "/submit",
    "/submit?from=table-1",
    "/?state=queued",
]


@pytest.mark.parametrize("path", PAGES)
def test_pages_answer_and_can_be_cached(get: Any, path: str) -> None:
    def is_cached() -> bool:
        answer = get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        again = get(path, headers={**BROWSER, "If-None-Match": answer.headers["etag"]})
        return bool(again.status_code == 304)

    wait_until(is_cached, what="304")  # a page that still waits for its verdict changes once it has come


def test_pages_hold_no_inline_script_and_no_foreign_address(get: Any) -> None:
    for path in PAGES:
        text = get(path).text
        for attributes, body in re.findall(r"<script([^>]*)>(.*?)</script>", text, re.DOTALL):
            assert 'src="/' in attributes or "application/json" in attributes or not body.strip()
        assert not re.search(r'(?:src|href)="(?:https?:)?//', text)
        assert not re.search(r"\son\w+=", re.sub(r"&lt;.*?&gt;", "", text))


def test_names_and_titles_are_escaped_everywhere(get: Any) -> None:
    for path in ("/", "/studies/hostile"):
        text = get(path).text
        assert "<img src=x" not in text
        assert "<script>alert" not in text
        assert "&lt;img src=x" in text


def test_every_link_of_every_page_leads_somewhere(get: Any) -> None:
    found: dict[str, str] = {}
    for path in [page for page in PAGES if page not in {"/studies/moving", "/studies/widened"}]:  # as /studies/measured
        for link in re.findall(r'(?:href|src)="([^"#]+)', get(path).text):
            found.setdefault(html.unescape(link), path)
    assert len(found) > 30
    broken = {link: (page, code) for link, page in found.items() if (code := get(link).status_code) != 200}
    assert broken == {}


def cells(api: TestClient, label: str) -> list[str]:
    """What stands under a heading, worker by worker."""
    text = api.get("/workers", headers=BROWSER).text
    return [re.sub(r"<[^>]+>", " ", cell).strip() for cell in re.findall(rf'data-label="{label}">(.*?)</td>', text)]


def test_a_rate_only_of_workers_that_live_and_a_peak_only_on_a_cpu(api: TestClient, database: Database) -> None:
    status = WorkerStatus(state="training", trainings_per_second=12.3, memory_bytes=700 * 2**20)
    for name, device in (("a", "cpu x2"), ("b", "cuda:0 NVIDIA H100"), ("c", "cpu x2")):
        workers.register(database, name=name, host="h", pid=1, device=device, version="1")
        queue.heartbeat(database, name, {}, lease_seconds=60, status=status)
    workers.retire(database, "c")
    assert sorted(cells(api, "Trainings/s")) == ["12.3", "12.3", "–"]
    assert sorted(cells(api, "Memory")) == ["700 MiB", "700 MiB peak", "700 MiB peak"]
