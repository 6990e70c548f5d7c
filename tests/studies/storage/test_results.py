"""What was stored is what is read: columns, pages, curves and the stream."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from storage_farm import claim_some, drain, make_run, results_of, submit

from studies.errors import SpecError, StudyNotFoundError, TrialNotFoundError
from studies.records import Phase, TrialState
from studies.storage import finishing, listing, results
from studies.storage.engine import Database
from studies.storage.listing import Sort


def test_runs_are_columns_of_what_was_finished(database: Database) -> None:
    submit(database, points=3, runs=2)
    trials = claim_some(database).trials
    assert finishing.finish(database, results_of(trials[:2], diverged=True) + results_of(trials[2:])) == [True] * 6
    runs = results.runs(database, "first", "sse@paper")
    assert list(zip(runs.trial.tolist(), runs.run.tolist(), strict=True)) == [
        (i, j) for i in range(3) for j in range(2)
    ]
    assert runs.diverged.tolist() == [True, True, False, False, False, False]
    stored = {t.number: t for t in trials if t.loss == "sse"}
    for i, number in enumerate(runs.trial.tolist()):
        expected = make_run(stored[number], diverged=number == 0)
        assert (runs.eta[i], runs.alpha[i]) == (stored[number].eta, stored[number].alpha)
        for name in ("n_test", "correct", "accuracy", "error", "cross_entropy", "own_loss", "loss_area"):
            assert getattr(runs, name)[i] == getattr(expected, name)
        reached = expected.epochs_to_target
        assert np.isnan(runs.epochs_to_target[i]) if reached is None else runs.epochs_to_target[i] == reached
    assert runs.phase.tolist() == ["map"] * 6
    assert {name: column.dtype.kind for name, column in vars_of(runs).items()}["diverged"] == "b"


def vars_of(runs: object) -> dict[str, np.ndarray]:
    return {name: getattr(runs, name) for name in ("trial", "phase", "eta", "diverged")}


def test_runs_of_an_untouched_sweep_are_empty_columns(database: Database) -> None:
    submit(database)
    runs = results.runs(database, "first", "golden@paper")
    assert (len(runs), runs.trial.dtype, runs.diverged.dtype) == (0, np.int64, np.bool_)


def test_unknown_names_are_named(database: Database) -> None:
    submit(database)
    with pytest.raises(StudyNotFoundError, match="no sweep 'x@y'"):
        results.runs(database, "first", "x@y")
    with pytest.raises(StudyNotFoundError, match="'nobody'"):
        results.runs(database, "nobody", "x@y")
    with pytest.raises(StudyNotFoundError, match="'nobody'"):
        listing.iter_runs(database, "nobody")
    with pytest.raises(TrialNotFoundError, match="no trial 99"):
        results.curves(database, "first", "golden@paper", [0, 99])


def test_curves_come_back_exactly(database: Database) -> None:
    submit(database, points=2)
    trials = claim_some(database).trials
    finishing.finish(database, results_of(trials, diverged=True))
    (found,) = results.curves(database, "first", "sse@paper", [1])
    expected = make_run(next(t for t in trials if (t.loss, t.number) == ("sse", 1)), diverged=True)
    assert (found.trial, found.run) == (1, 0)
    assert found.accuracy == expected.accuracy_curve
    assert (found.cross_entropy, found.loss) == (expected.cross_entropy_curve, expected.loss_curve)
    assert results.curves(database, "first", "sse@paper", []) == []


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
    """How the database would answer; PostgreSQL is told not to read a table as small as this one whole."""
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
