"""When which worker trained what: trials that were trained together are one stretch."""

from __future__ import annotations

import pytest
from leases import LEASE
from storage_farm import results_of, submit

from studies.errors import StudyNotFoundError
from studies.storage import finishing, queue, timeline
from studies.storage.engine import Database


def test_stretches_of_a_study(database: Database) -> None:
    submit(database, points=6, runs=2, losses=["golden"], limits={"max_attempts": 3, "max_failed_share": 1.0})
    assert timeline.stretches(database, "first") == ()
    for worker, ending in (("a", "finish"), ("b", "fail"), ("c", "hold")):
        batch = queue.claim(database, worker=worker, limit=2, lease_seconds=LEASE)
        assert batch is not None
        if ending == "finish":
            assert all(finishing.finish(database, results_of(batch.trials)))
        if ending == "fail":
            queue.fail_together(database, batch.trials, kind="raised", message="no")
    found = timeline.stretches(database, "first")
    assert [(s.worker, s.ended, s.trials) for s in found] == [
        ("a", "done", 2),
        ("b", "lost", 2),
        ("c", "running", 1),
    ]  # fewer, as an attempt failed
    assert [s.runs for s in found] == [4, 0, 0]
    assert all(s.start <= s.end for s in found)


def test_no_such_study(database: Database) -> None:
    with pytest.raises(StudyNotFoundError):
        timeline.stretches(database, "none")
