"""Speed that a worker reports of itself: live while it trains, kept for previews while it waits."""

from __future__ import annotations

from pathlib import Path

import pytest
from in_process import make_runner, submit
from leases import LEASE
from turned_clocks import turn

from studies.language.context import Context
from studies.storage import queue, workers
from studies.storage.engine import Database
from worker.status import Status

DIGITS = Context.model_validate({"dataset": "digits"})


def trained(status: Status, *, runs: int, seconds: float, whole: bool = True) -> None:
    status.trained(DIGITS, runs=runs, n_train=200, n_test=100, seconds=seconds, whole=whole)


@pytest.fixture
def status(database: Database, tmp_path: Path) -> Status:
    """Of a worker that has just begun to train."""
    submit(database)
    status = make_runner(database, tmp_path).status
    batch = queue.claim(database, worker="tester", limit=4, lease_seconds=LEASE)
    assert batch is not None
    status.training(batch)
    return status


def test_the_rate_counts_what_passes_between_stacks(status: Status, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    turn(monkeypatch, "worker.status", monotonic=lambda: clock[0])
    assert status.snapshot().trainings_per_second is None
    trained(status, runs=10, seconds=0.1)
    assert status.snapshot().trainings_per_second == pytest.approx(100.0)
    clock[0] += 0.4  # 0.3 between the stacks
    trained(status, runs=10, seconds=0.1)
    assert status.snapshot().trainings_per_second == pytest.approx(20 / 0.5)


def test_a_worker_that_waits_has_no_rate_but_previews_know_what_it_can_do(status: Status, database: Database) -> None:
    trained(status, runs=10, seconds=0.1)
    status.idle()
    (row,) = workers.list_workers(database)
    assert (row.state, row.trainings_per_second) == ("idle", None)
    assert row.images_per_second is not None
    assert row.images_per_second > 0.0


def test_a_stack_that_lanes_left_early_says_nothing_of_the_speed(status: Status) -> None:
    trained(status, runs=1, seconds=100.0, whole=False)
    said = status.snapshot()
    assert (said.runs_done, said.trainings_per_second, said.images_per_second) == (1, None, None)
