"""Results on their way into real databases: kept once, dropped once lost, failed alone, held through outages."""

from __future__ import annotations

import dataclasses
import functools
import math
import threading
from pathlib import Path

import pytest
import torch
from in_process import make_runner
from leases import LEASE
from noop_worker import finished, submit_points
from processes import free_port

from studies.errors import StorageUnavailableError
from studies.records import TrialState
from studies.storage import listing, overview, queue
from studies.storage.engine import Database, open_database
from studies.storage.read_models import Beat, ClaimedTrial, TrialRow
from worker.claiming import LeasedBatch
from worker.lease import LeaseKeeper
from worker.occupancy import Occupancy
from worker.runner import Runner
from worker.storing import MESSAGE_LENGTH, Stores


@pytest.fixture
def runner(database: Database, tmp_path: Path) -> Runner:
    return make_runner(database, tmp_path, stack_limit=4)


@pytest.fixture
def leased(database: Database, runner: Runner) -> LeasedBatch:
    submit_points(database, points=10, limits={"max_attempts": 1})
    found = runner.claims.claim()
    assert found is not None
    found.keeper.close()  # leases are long; nothing is renewed beside the test
    return found


def row_of(db: Database, trial: ClaimedTrial) -> TrialRow:
    rows = listing.trials_page(db, "points", limit=500).items
    return next(row for row in rows if (row.sweep, row.number) == (trial.sweep, trial.number))


def test_results_are_stored_and_their_leases_renewed_no_more(
    database: Database, runner: Runner, leased: LeasedBatch
) -> None:
    runner.stores.store(finished(leased.batch.trials), leased.keeper)
    assert {row_of(database, trial).state for trial in leased.batch.trials} == {TrialState.COMPLETE}
    assert leased.keeper._tokens == {}
    assert runner.occupancy.summary()["storing_seconds"] > 0


def test_results_of_a_lost_lease_are_dropped_and_the_others_kept(
    database: Database, runner: Runner, leased: LeasedBatch
) -> None:
    lost, *others = leased.batch.trials
    queue.release(database, [lost])
    taken = queue.claim(database, worker="other", limit=1, lease_seconds=LEASE)
    assert taken is not None
    assert [trial.id for trial in taken.trials] == [lost.id]
    runner.stores.store(finished(leased.batch.trials), leased.keeper)
    assert row_of(database, lost).state == TrialState.RUNNING
    assert {row_of(database, trial).state for trial in others} == {TrialState.COMPLETE}
    assert overview.get(database, "points").summary.runs_done == 3


def test_a_result_that_cannot_be_stored_fails_its_own_trial_alone(
    database: Database, runner: Runner, leased: LeasedBatch
) -> None:
    made = finished(leased.batch.trials)
    (run,) = made[1].runs
    made[1] = dataclasses.replace(made[1], runs=(dataclasses.replace(run, loss_area=math.nan),))
    runner.stores.store(made, leased.keeper)
    expected = [TrialState.COMPLETE, TrialState.FAILED, TrialState.COMPLETE, TrialState.COMPLETE]
    assert [row_of(database, trial).state for trial in leased.batch.trials] == expected


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (RuntimeError("shapes do not match"), "raised"),
        (torch.OutOfMemoryError("CUDA out of memory."), "out_of_memory"),
        (MemoryError(), "out_of_memory"),
        (ValueError("out of memory is not what this says"), "raised"),
    ],
)
def test_a_failure_is_stored_with_its_kind(
    database: Database, runner: Runner, leased: LeasedBatch, error: Exception, kind: str
) -> None:
    trial = leased.batch.trials[0]
    runner.stores.fail(trial, leased.keeper, error)
    row = row_of(database, trial)
    assert row.state == TrialState.FAILED
    assert row.error is not None
    assert row.error.startswith(kind)
    assert type(error).__name__ in row.error
    assert trial.id not in leased.keeper._tokens


def test_a_long_message_is_cut(database: Database, runner: Runner, leased: LeasedBatch) -> None:
    trial = leased.batch.trials[0]
    runner.stores.fail(trial, leased.keeper, RuntimeError("x" * 10 * MESSAGE_LENGTH))
    assert len(row_of(database, trial).error or "") <= MESSAGE_LENGTH


def test_a_worker_that_stops_gives_results_up_once_the_leases_have_run_out(leased: LeasedBatch) -> None:
    """While it does not stop it would try for ever; see tests/worker/test_pipeline.py for an outage that ends."""
    away = open_database(f"postgresql://golden@127.0.0.1:{free_port()}/none")
    stopping = threading.Event()
    stopping.set()
    stores = Stores(away, Occupancy(), stopping, poll_seconds=0.05)
    clock = iter((0.0, 0.85 * LEASE, 0.95 * LEASE))  # its readings after each failed attempt
    keeper = LeaseKeeper(
        _beat, leased.batch.trials, lease_seconds=LEASE, claimed_at=0.0, clock=functools.partial(next, clock)
    )
    with pytest.raises(StorageUnavailableError):
        stores.store(finished(leased.batch.trials), keeper)
    assert list(clock) == [], "not before"
    away.dispose()


def test_studies_move_on_once_nothing_waits(database: Database, runner: Runner, leased: LeasedBatch) -> None:
    assert runner.stores.move_on() == 0, "trials still run"


def _beat(held: dict[int, int]) -> Beat:
    return Beat(lost=frozenset(), stop=frozenset(), drain=False)
