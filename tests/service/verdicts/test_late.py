"""A page does not wait for a slow verdict, and two pages share one judging."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from site_studies import Site
from waiting import CEILING, join_all, wait_for_event, wait_until

from service.app import create_app
from service.settings import Settings
from service.verdicts.cache import CachedVerdict, VerdictCache
from service.verdicts.late import LateVerdicts
from studies.errors import StudyNotFoundError
from studies.language.claim import Objective
from studies.storage.engine import Database
from studies.storage.read_models import StudySummary


class SlowCache(VerdictCache):
    """A cache that begins to judge once `go` is set."""

    def __init__(self, db: Database, *, on_judged: Callable[[float], object] = lambda _: None) -> None:
        super().__init__(db, on_judged=on_judged)
        self.asked = 0
        self.go = threading.Event()

    def kept(
        self, name: str, objective: Objective | None = None, seen: StudySummary | None = None
    ) -> CachedVerdict | None:
        """Nothing yet."""
        return super().kept(name, objective, seen) if self.go.is_set() else None

    def verdict(self, name: str, objective: Objective | None = None) -> CachedVerdict:
        """As of any cache, later."""
        self.asked += 1
        wait_for_event(self.go, what="the test")
        return super().verdict(name, objective)


def test_a_slow_verdict_is_asked_for_once_and_comes_later(database: Database, measured: str) -> None:
    cache, late = SlowCache(database), LateVerdicts(timeout=0.05)
    assert late.verdict(cache, measured, None) is None
    assert late.verdict(cache, measured, None) is None
    wait_until(lambda: cache.asked, what="the cache to be asked")
    assert cache.asked == 1
    cache.go.set()
    found: CachedVerdict = wait_until(lambda: late.verdict(cache, measured, None), what="the verdict")
    assert found.verdict.study == measured


def test_errors_of_judging_reach_the_page(database: Database) -> None:
    cache, late = SlowCache(database), LateVerdicts(timeout=CEILING)
    cache.go.set()
    with pytest.raises(StudyNotFoundError):
        late.verdict(cache, "nope", None)


def test_verdicts_in_the_queue_are_dropped_when_the_service_stops(database: Database) -> None:
    cache, late = SlowCache(database), LateVerdicts(timeout=0.05, threads=1)
    for name in ("one", "two", "three"):
        assert late.verdict(cache, name, None) is None
    wait_until(lambda: cache.asked, what="the cache to be asked")
    late.close()
    (thread,) = late._pool._threads
    cache.go.set()
    join_all(thread)
    assert cache.asked == 1


def test_a_stopped_service_leaves_no_thread_behind(settings: Settings, site: Site) -> None:
    before = set(threading.enumerate())
    with TestClient(create_app(settings, site.database), base_url="http://127.0.0.1:8000") as client:
        assert client.get("/studies/measured", headers={"Accept": "text/html"}).status_code == 200
    join_all(*set(threading.enumerate()) - before)


def test_a_page_without_its_verdict_yet_says_so(
    site: Site, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.app.LateVerdicts", lambda **sizes: LateVerdicts(timeout=0.02, **sizes))
    caches: list[SlowCache] = []

    def slow_cache(*arguments: Any, **named: Any) -> SlowCache:
        caches.append(SlowCache(*arguments, **named))
        return caches[0]

    monkeypatch.setattr("service.app.VerdictCache", slow_cache)
    with TestClient(create_app(settings, site.database), base_url="http://127.0.0.1:8000") as client:

        def page() -> str:
            return client.get("/studies/measured?objective=loss_area", headers={"Accept": "text/html"}).text

        text = page()
        assert "being worked out" in text
        assert "Progress" in text
        caches[0].go.set()
        client.get("/api/v1/studies/measured/verdict?objective=loss_area")  # waits for the same verdict
        text = wait_until(lambda: shown if "being worked out" not in (shown := page()) else "", what="the verdict")
        assert 'class="word"' in text
