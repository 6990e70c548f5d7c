"""A page does not wait for a slow verdict, and two pages do not ask twice."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from fastapi.testclient import TestClient
from waiting import join_all

from service.app import create_app
from service.pages.patience import Patience
from service.settings import Settings
from studies.errors import StudyNotFoundError


class SlowJudge:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.go = threading.Event()

    def verdict(self, name: str, objective: str | None) -> Any:
        self.asked += 1
        self.go.wait(5)
        if name == "nope":
            raise StudyNotFoundError("no study is named 'nope'")
        return name


def test_a_slow_verdict_is_asked_for_once_and_comes_later() -> None:
    judge, patience = SlowJudge(), Patience(seconds=0.05)
    assert patience.verdict(judge, "slow", None) is None  # type: ignore[arg-type]
    assert patience.verdict(judge, "slow", None) is None  # type: ignore[arg-type]
    judge.go.set()
    found: Any = None
    while found is None:
        found = patience.verdict(judge, "slow", None)  # type: ignore[arg-type]
    assert found == "slow"
    assert judge.asked <= 2


def test_errors_of_the_judge_reach_the_page() -> None:
    judge, patience = SlowJudge(), Patience(seconds=5)
    judge.go.set()
    with pytest.raises(StudyNotFoundError):
        patience.verdict(judge, "nope", None)  # type: ignore[arg-type]


def test_what_waits_is_not_begun_once_the_service_stops() -> None:
    judge, patience = SlowJudge(), Patience(seconds=0.05, threads=1)
    for name in ("one", "two", "three"):
        assert patience.verdict(judge, name, None) is None  # type: ignore[arg-type]
    patience.close()
    (thread,) = patience._pool._threads
    judge.go.set()
    join_all(thread)
    assert not thread.is_alive()
    assert judge.asked == 1


def test_a_stopped_service_leaves_no_thread_behind(settings: Settings, site: Any) -> None:
    before = set(threading.enumerate())
    with TestClient(create_app(settings, site.database), base_url="http://127.0.0.1:8000") as client:
        assert client.get("/studies/measured", headers={"Accept": "text/html"}).status_code == 200
    for thread in set(threading.enumerate()) - before:
        join_all(thread)
        assert not thread.is_alive(), thread.name


def test_a_page_without_its_verdict_yet_says_so(site: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.app.Patience", lambda **sizes: Patience(seconds=0.02, **sizes))
    with TestClient(create_app(settings, site.database), base_url="http://127.0.0.1:8000") as client:
        text = client.get("/studies/measured?objective=loss_area", headers={"Accept": "text/html"}).text
        assert "being worked out" in text
        assert "Progress" in text
        client.get("/api/v1/studies/measured/verdict?objective=loss_area")  # waits for the same verdict
        for _ in range(100):
            text = client.get("/studies/measured?objective=loss_area", headers={"Accept": "text/html"}).text
            if "being worked out" not in text:
                break
        assert 'class="word"' in text
