"""Attempts that ended without a result: kept in order, with what was other, and grouped by cause."""

from __future__ import annotations

from leases import LEASE
from storage_farm import claim_some, results_of, submit

from studies.storage import attempts, finishing, queue, studies
from studies.storage.engine import Database

LIMITS = {"max_attempts": 3, "max_failed_share": 1.0}


def test_a_trial_keeps_each_attempt_that_failed(database: Database) -> None:
    submit(database, points=4, losses=["golden"], limits=LIMITS)
    for worker, message in (("a", "out at 1"), ("b", "out at 2"), ("b", "out at 3")):
        batch = queue.claim(database, worker=worker, limit=2, lease_seconds=LEASE)
        assert batch is not None
        assert queue.fail_together(database, batch.trials, kind="out_of_memory", message=message) == len(batch.trials)
    found = attempts.of_trial(database, "first", "golden@paper", 0)
    assert [(a.worker, a.together, a.given_up, a.error) for a in found] == [
        ("a", 2, False, "out_of_memory: out at 1"),
        ("b", 1, False, "out_of_memory: out at 2"),
        ("b", 1, True, "out_of_memory: out at 3"),
    ]
    assert [a.attempt for a in found] == [1, 2, 3]
    assert all(a.started_at and a.ended_at and a.started_at <= a.ended_at for a in found)
    assert len(attempts.of_trial(database, "first", "golden@paper", 1)) == 1
    assert attempts.of_trial(database, "first", "golden@paper", 3) == ()


def test_failures_are_grouped_where_only_numbers_differ(database: Database) -> None:
    submit(database, points=8, losses=["golden"], limits=LIMITS)
    said = ["at 0x7f: 12 MiB", "at 0xabc: 7 MiB", "another thing"]
    for message in said:
        batch = claim_some(database, 1)
        queue.fail(database, batch.trials[0], kind="raised", message=f"{message}\nline {message}")
    for worker in ("w-one", "w-two"):
        queue.fail(database, claim_some(database, 1).trials[0], kind="lost", message=f"worker {worker} is silent")
    finishing.finish(database, results_of(claim_some(database, 1).trials))
    found = attempts.failures(database, "first")
    assert sorted((f.kind, f.attempts) for f in found) == [("lost", 2), ("raised", 1), ("raised", 2)]
    most = next(f for f in found if f.kind == "raised" and f.attempts == 2)
    assert (most.error, most.sweep) == (said[1], "golden@paper")
    assert sum(f.given_up for f in found) == len([1 for f in found if f.given_up])


def test_a_study_without_failures_has_none_and_a_deleted_one_leaves_none(database: Database) -> None:
    submit(database, points=1, limits=LIMITS)
    assert attempts.failures(database, "first") == ()
    queue.fail(database, claim_some(database, 1).trials[0], kind="raised", message="once")
    studies.delete(database, "first")
    submit(database, points=1)
    assert attempts.failures(database, "first") == ()


def test_a_released_trial_was_no_failed_attempt(database: Database) -> None:
    submit(database, points=1)
    queue.release(database, claim_some(database, 1).trials)
    assert attempts.failures(database, "first") == ()


def test_the_kind_of_an_error() -> None:
    assert [attempts.kind_of(e) for e in ("lost: a", "timeout: b", "ValueError: c", "")] == ["lost", "timeout", "", ""]
