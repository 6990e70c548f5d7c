"""A study's timeline: rows of workers, bars that can be told apart, seconds counted once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from service.pages.timeline_view import WIDTH, bars_of, busy_seconds, timeline_view
from studies.storage.engine import Database
from studies.storage.timeline import Stretch

START = datetime(2026, 1, 1, tzinfo=UTC)


def _stretch(start: float, seconds: float, trials: int = 1) -> Stretch:
    begun = START + timedelta(seconds=start)
    return Stretch("w", begun, begun + timedelta(seconds=seconds), "done", trials, trials)


def test_seconds_that_overlap_are_counted_once() -> None:
    assert busy_seconds([_stretch(0, 10), _stretch(2, 3), _stretch(8, 4), _stretch(20, 1)]) == 13.0


@given(st.lists(st.tuples(st.floats(0, 990), st.floats(0, 10)), min_size=1, max_size=300))
def test_bars_are_few_and_lose_no_trial(parts: list[tuple[float, float]]) -> None:
    own = [_stretch(start, seconds) for start, seconds in sorted(parts)]
    bars = bars_of(own, START, 1000.0)
    assert sum(int(bar.said.split(" ")[0]) for bar in bars) == len(own)
    assert all(bar.x >= 0.0 and bar.x + bar.width <= WIDTH + 2.1 for bar in bars)


def test_thousands_of_short_stretches_are_a_bounded_picture() -> None:
    own = [_stretch(i / 10, 0.05) for i in range(10_000)]
    assert len(bars_of(own, START, 1000.0)) < 400


def test_the_page_counts_what_each_worker_did(api: TestClient, database: Database, measured: str) -> None:
    view = timeline_view(database, measured)
    (row,) = view.rows
    assert (row.worker, row.failed, row.running) == ("test", 0, 0)
    text = api.get(f"/studies/{measured}/timeline", headers={"Accept": "text/html"}).text
    assert f'data-label="Trials">{row.trials:,}<' in text
    assert text.count("<rect") == len(row.bars) > 0
    assert len(view.ticks) == 5


def test_a_study_that_nobody_trained(api: TestClient, document: dict[str, object]) -> None:
    api.post("/api/v1/studies", json=document)
    assert "Nothing was trained yet" in api.get("/studies/small/timeline", headers={"Accept": "text/html"}).text
    assert api.get("/studies/none/timeline", headers={"Accept": "text/html"}).status_code == 404
