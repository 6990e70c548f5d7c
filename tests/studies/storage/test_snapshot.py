"""The figures that an operator watches equal a recount."""

from __future__ import annotations

from leases import LEASE, pass_time
from storage_farm import claim_some, drain, results_of, submit

from studies.storage import finishing, queue, studies, workers
from studies.storage.engine import Database
from studies.storage.snapshot import clock, snapshot


def test_an_empty_database_has_nothing(database: Database) -> None:
    found = snapshot(database)
    assert (found.queue_depth, found.runs_done, found.leases_expired, found.workers) == (0, 0, 0, ())
    assert set(found.trials.values()) | set(found.studies.values()) == {0}


def test_trials_and_studies_are_counted_by_state(database: Database) -> None:
    submit(database, "paused", points=2)
    studies.pause(database, "paused")
    submit(database, points=4, limits={"max_attempts": 1, "max_failed_share": 1.0})
    trials = claim_some(database, 5).trials
    assert all(finishing.finish(database, results_of(trials[:2], diverged=True)))
    assert queue.fail(database, trials[2], kind="raised", message="no")
    found = snapshot(database)
    assert found.trials == {"waiting": 7, "running": 2, "failed": 1, "ended": 2}
    assert found.queue_depth == 3, "trials of a paused study may not be claimed"
    assert {state: n for state, n in found.studies.items() if n} == {"paused": 1, "running": 1}
    assert (found.runs_done, found.runs_diverged) == (2, 2)


def test_expired_leases_are_counted_until_they_are_reaped(database: Database) -> None:
    submit(database, points=1)
    claim_some(database, lease=LEASE)
    pass_time(database)
    assert snapshot(database).leases_expired == 2
    queue.reap(database)
    assert snapshot(database).leases_expired == 0
    assert drain(database) == 2


def test_workers_are_listed_with_their_silence(database: Database) -> None:
    workers.register(database, name="w", host="here", pid=7, device="cpu", version="0.1")
    (worker,) = snapshot(database).workers
    assert (worker.name, worker.device, worker.state, worker.runs_done) == ("w", "cpu", "idle", 0)
    assert 0.0 <= worker.seconds_since_seen < 30.0
    assert clock(database).tzinfo is not None
