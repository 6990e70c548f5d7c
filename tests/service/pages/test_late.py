"""A page does not wait for a slow verdict, and two pages do not ask twice."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from fastapi.testclient import TestClient
from waiting import CEILING, join_all, wait_for_event, wait_until

from service.app import create_app
from service.settings import Settings
from service.verdicts.cache import Judge
from service.verdicts.late import Patience
from studies.errors import StudyNotFoundError


class SlowJudge:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.go = threading.Event()

    def verdict(self, name: str, objective: str | None) -> Any:
        self.asked += 1
        wait_for_event(self.go, what="the test")
        if name == "nope":
            raise StudyNotFoundError("no study is named 'nope'")
        return name


def test_a_slow_verdict_is_asked_for_once_and_comes_later() -> None:
    judge, patience = SlowJudge(), Patience(seconds=0.05)
    assert patience.verdict(judge, "slow", None) is None  # type: ignore[arg-type]
    assert patience.verdict(judge, "slow", None) is None  # type: ignore[arg-type]
    wait_until(lambda: judge.asked, what="the judge to be asked")
    assert judge.asked == 1
    judge.go.set()
    found = wait_until(lambda: patience.verdict(judge, "slow", None), what="the verdict")  # type: ignore[arg-type]
    assert found == "slow"


def test_errors_of_the_judge_reach_the_page() -> None:
    judge, patience = SlowJudge(), Patience(seconds=CEILING)
    judge.go.set()
    with pytest.raises(StudyNotFoundError):
        patience.verdict(judge, "nope", None)  # type: ignore[arg-type]


def test_what_waits_is_not_begun_once_the_service_stops() -> None:
    judge, patience = SlowJudge(), Patience(seconds=0.05, threads=1)
    for name in ("one", "two", "three"):
        assert patience.verdict(judge, name, None) is None  # type: ignore[arg-type]
    wait_until(lambda: judge.asked, what="the judge to be asked")
    patience.close()
    (thread,) = patience._pool._threads
    judge.go.set()
    join_all(thread)
    assert judge.asked == 1


def test_a_stopped_service_leaves_no_thread_behind(settings: Settings, site: Any) -> None:
    before = set(threading.enumerate())
    with TestClient(create_app(settings, site.database), base_url="http://127.0.0.1:8000") as client:
        assert client.get("/studies/measured", headers={"Accept": "text/html"}).status_code == 200
    join_all(*set(threading.enumerate()) - before)


def test_a_page_without_its_verdict_yet_says_so(site: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.app.Patience", lambda **sizes: Patience(seconds=0.02, **sizes))
    go = threading.Event()

    class HeldJudge(Judge):
        def verdict(self, *arguments: Any, **named: Any) -> Any:
            wait_for_event(go, what="the test")
            return super().verdict(*arguments, **named)

    monkeypatch.setattr("service.app.Judge", HeldJudge)
    with TestClient(create_app(settings, site.database), base_url="http://127.0.0.1:8000") as client:

        def page() -> str:
            return client.get("/studies/measured?objective=loss_area", headers={"Accept": "text/html"}).text

        text = page()
        assert "being worked out" in text
        assert "Progress" in text
        go.set()
        client.get("/api/v1/studies/measured/verdict?objective=loss_area")  # waits for the same verdict
        text = wait_until(lambda: shown if "being worked out" not in (shown := page()) else "", what="the verdict")
        assert 'class="word"' in text
