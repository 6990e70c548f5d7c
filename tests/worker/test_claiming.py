"""Claims on real databases: what is leased, what is left, and what is handed back."""

from __future__ import annotations

from pathlib import Path

import pytest
from in_process import make_runner, submit
from leases import LEASE, deadlines, pass_time
from noop_worker import submit_points
from waiting import wait_until

from studies.records import TrialState
from studies.storage import listing, overview, queue, workers
from studies.storage.engine import Database
from worker.claiming import LeasedBatch
from worker.runner import Runner


@pytest.fixture
def runner(database: Database, tmp_path: Path) -> Runner:
    return make_runner(database, tmp_path, stack_limit=4)


def claimed(runner: Runner) -> LeasedBatch:
    leased = runner.claims.claim()
    assert leased is not None
    return leased


def states(db: Database) -> list[TrialState]:
    return [TrialState(row.state) for row in listing.trials_page(db, "points", limit=500).items]


def test_as_many_trials_are_claimed_as_a_stack_may_have_lanes_and_their_data_is_ready(
    database: Database, runner: Runner
) -> None:
    submit_points(database, points=10)
    leased = claimed(runner)
    assert len(leased.batch.trials) == 4
    assert len(runner.data._folds) == 1
    leased.keeper.close()


def test_leases_are_renewed_from_the_claim_on(database: Database, runner: Runner) -> None:
    submit_points(database, points=10)
    runner.claims.lease_seconds = runner.status.lease_seconds = 1.0  # renewed every third of a second
    leased = claimed(runner)
    first = deadlines(database)
    wait_until(lambda: min(deadlines(database).values()) > max(first.values()), what="a renewal")
    assert states(database).count(TrialState.RUNNING) == 4
    assert leased.keeper.state().lost == frozenset()
    leased.keeper.close()
    pass_time(database)
    assert queue.reap(database) == 4, "the closed keeper renews them no more"


def test_nothing_is_claimed_where_nothing_waits(runner: Runner) -> None:
    assert runner.claims.claim() is None


@pytest.mark.parametrize("reason", ["stopping", "drain"])
def test_a_worker_that_leaves_claims_nothing(database: Database, runner: Runner, reason: str) -> None:
    submit_points(database, points=10)
    if reason == "stopping":
        runner.stopping.set()
    else:
        runner.status.drain = True
    assert runner.claims.claim() is None
    assert overview.get(database, "points").summary.trials_running == 0


def test_a_worker_without_the_data_claims_nothing(database: Database, runner: Runner) -> None:
    submit(database, contexts=[{"name": "k", "dataset": "kmnist", "epochs": 1}])
    assert runner.claims.claim() is None
    assert "kmnist" in overview.get(database, "small").summary.note


def test_the_trials_of_a_dead_worker_are_claimed_once_their_leases_ran_out(database: Database, runner: Runner) -> None:
    submit_points(database, points=2)
    assert queue.claim(database, worker="dead", limit=100, lease_seconds=LEASE) is not None
    assert runner.claims.claim() is None
    pass_time(database)
    leased = claimed(runner)
    assert {trial.attempt for trial in leased.batch.trials} == {2}
    leased.keeper.close()


def test_what_is_handed_back_waits_again_with_its_attempt(database: Database, runner: Runner) -> None:
    submit_points(database, points=10)
    leased = claimed(runner)
    runner.claims.hand_back(leased.batch.trials, leased.keeper)
    leased.keeper.close()
    rows = listing.trials_page(database, "points", limit=500).items
    assert {row.state for row in rows} == {TrialState.WAITING}
    assert {row.attempts for row in rows} == {0}


def test_a_claim_shows_the_worker_as_alive(database: Database, runner: Runner) -> None:
    submit_points(database, points=10)
    before = runner.status._last_beat
    claimed(runner).keeper.close()
    assert runner.status._last_beat > before
    (row,) = workers.list_workers(database)
    assert row.name == "tester"
