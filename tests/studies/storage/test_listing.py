"""Pages and the stream of trials and runs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
import sqlalchemy as sa
from storage_farm import claim_some, drain, results_of, submit

from studies.errors import SpecError
from studies.language.phases import Phase
from studies.records import TrialState
from studies.storage import finishing, listing
from studies.storage.engine import Database
from studies.storage.listing import Sort


def test_trial_pages_cover_everything_once(database: Database) -> None:
    submit(database, points=5)
    finishing.finish(database, results_of(claim_some(database, 6).trials))
    for sort, expected in (("number", 10), ("value", 6), ("-value", 6)):
        rows, cursor = [], None
        while True:
            page = listing.trials_page(database, "first", sort=sort, limit=4, cursor=cursor)
            rows += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
        assert len({(row.sweep, row.number) for row in rows}) == len(rows) == expected
        values = [row.value for row in rows]
        if sort != "number":
            assert values == sorted(values, reverse=sort == "-value")


@pytest.mark.parametrize("sort", ["value", "-value"])
def test_the_best_of_a_whole_study_are_read_from_an_index(database: Database, sort: Sort) -> None:
    submit(database, points=5)
    finishing.finish(database, results_of(claim_some(database, 6).trials))
    asked: list[tuple[str, Any]] = []

    def seen(_c: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        asked.append((statement, parameters))

    sa.event.listen(database.engine, "before_cursor_execute", seen)
    cursor = listing.trials_page(database, "first", sort=sort, limit=2).next_cursor
    listing.trials_page(database, "first", sort=sort, limit=2, cursor=cursor)
    sa.event.remove(database.engine, "before_cursor_execute", seen)
    pages = [(text, parameters) for text, parameters in asked if "ORDER BY golden_trials.value" in text]
    assert len(pages) == 2
    for text, parameters in pages:
        plan = _plan(database, text, parameters)
        assert "ix_golden_trials_ranked" in plan, plan
        assert "Sort" not in plan
        assert "TEMP B-TREE" not in plan


def _plan(database: Database, statement: str, parameters: Any) -> str:
    """The database's query plan; PostgreSQL is kept from reading a table as small as this one whole."""
    with database.begin() as connection:
        if database.kind == "postgresql":
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        words = "EXPLAIN" if database.kind == "postgresql" else "EXPLAIN QUERY PLAN"
        return "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{words} {statement}", parameters))


def test_trial_pages_filter(database: Database) -> None:
    submit(database, points=5)
    finishing.finish(database, results_of(claim_some(database, 6).trials))
    done = listing.trials_page(database, "first", sweep="sse@paper", state=TrialState.COMPLETE).items
    assert [(row.number, row.worker, row.attempts) for row in done] == [(i, "w", 1) for i in range(3)]
    assert all(row.started_at and row.finished_at and row.started_at <= row.finished_at for row in done)
    assert listing.trials_page(database, "first", phase=Phase.CONFIRM).items == ()


def test_cursor_of_another_list_is_refused(database: Database) -> None:
    submit(database, points=5)
    drain(database)
    cursor = listing.trials_page(database, "first", limit=1).next_cursor
    with pytest.raises(SpecError):
        listing.runs_page(database, "first", cursor=cursor)
    with pytest.raises(SpecError):
        listing.trials_page(database, "first", sort="value", cursor=cursor)
    cursor = listing.runs_page(database, "first", limit=1).next_cursor
    with pytest.raises(SpecError):
        listing.trials_page(database, "first", cursor=cursor)


def test_stream_equals_the_pages(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    submit(database, points=4, runs=2)
    drain(database)
    monkeypatch.setattr("studies.storage.listing.EXPORT_PIECE", 3)
    streamed = list(listing.iter_runs(database, "first"))
    assert streamed == list(listing.runs_page(database, "first").items)
    assert len(streamed) == 16
    assert asdict(streamed[1].replicate) == {"split": 0, "fold": 1, "order_seed": 1, "init_seed": 101}
