"""The queue as people look at it: the order of claims, and who holds what."""

from __future__ import annotations

from storage_farm import claim_some, submit

from studies.records import StudyState
from studies.storage import queue, standing, studies
from studies.storage.engine import Database


def test_the_order_is_that_of_claims_with_paused_studies_behind(database: Database) -> None:
    submit(database, "older", points=1)
    submit(database, "urgent", points=2, priority=5)
    submit(database, "paused", points=1, priority=90)
    studies.pause(database, "paused")
    submit(database, "ended", points=1)
    studies.cancel(database, "ended")
    found = standing.standings(database)
    assert [(s.study, s.priority, s.waiting, s.running) for s in found] == [
        ("urgent", 5, 4, 0),
        ("older", 0, 2, 0),
        ("paused", 90, 2, 0),
    ]
    claimed = [claim_some(database, 64).study for _ in range(2)]
    assert claimed == [s.study for s in found if s.state != StudyState.PAUSED]
    assert [s.study for s in standing.standings(database)] == ["paused"]


def test_who_holds_what(database: Database) -> None:
    submit(database, "older", points=3)
    submit(database, "newer", points=1)
    first = queue.claim(database, worker="b", limit=64, lease_seconds=60.0)
    second = queue.claim(database, worker="a", limit=1, lease_seconds=60.0)
    assert first is not None
    assert second is not None
    found = standing.holdings(database)
    assert [(h.worker, h.study, h.trials, h.phase, h.number) for h in found] == [
        ("a", "newer", 1, "map", 0),
        ("b", "older", 6, "map", 0),
    ]
    assert all(h.since < h.deadline for h in found)
    assert {h.sweep for h in found} <= {"golden@paper", "sse@paper"}
    queue.release(database, first.trials)
    assert [h.worker for h in standing.holdings(database)] == ["a"]
