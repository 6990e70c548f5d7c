"""The work beside the training, on real databases: what is held ahead, what is stored, what a stop leaves."""

from __future__ import annotations

import dataclasses
import math
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from captured_logs import captured_logs
from in_process import make_runner, submit
from leases import LEASE, deadlines
from noop_worker import finished, submit_points
from postgres_server import postgres_server
from waiting import CEILING, join_all, wait_until

from studies.records import TrialState
from studies.storage import listing, overview, queue
from studies.storage.engine import Database, open_database
from studies.storage.read_models import TrialRow
from worker import lease
from worker.pipeline import LEAD, Pipeline
from worker.runner import Runner


@pytest.fixture
def runner(database: Database, tmp_path: Path) -> Runner:
    return make_runner(database, tmp_path, stack_limit=4)


@pytest.fixture
def pipeline(runner: Runner) -> Iterator[Pipeline]:
    with Pipeline(runner.claims, runner.stores) as running:
        yield running


def rows(db: Database, study: str = "points") -> list[TrialRow]:
    return list(listing.trials_page(db, study, limit=500).items)


def running(db: Database, study: str = "points") -> int:
    return overview.get(db, study).summary.trials_running


def claims_made(pipeline: Pipeline) -> None:
    """Return once whatever the pipeline was asked to do beside the training is done."""
    pipeline._beside.submit(lambda: None).result(CEILING)


def test_one_batch_is_claimed_ahead_and_comes_next(database: Database, pipeline: Pipeline) -> None:
    submit_points(database, points=10)
    first = pipeline.take()
    assert first is not None
    pipeline.progress(first.batch, LEAD + 1)
    claims_made(pipeline)
    assert running(database) == 4, "too early"
    for _ in range(3):
        pipeline.progress(first.batch, LEAD / 2)
    wait_until(lambda: running(database) == 8, what="the claim ahead")
    second = pipeline.take()
    assert second is not None
    assert not {t.id for t in first.batch.trials} & {t.id for t in second.batch.trials}
    assert running(database) == 8
    for held in (first, second):
        pipeline.store(finished(held.batch.trials), held.keeper)
        pipeline.end(held)


def test_a_stop_hands_back_what_was_claimed_ahead_and_stores_what_was_trained(
    database: Database, runner: Runner
) -> None:
    submit_points(database, points=10)
    with Pipeline(runner.claims, runner.stores) as pipeline:
        held = pipeline.take()
        assert held is not None
        pipeline.progress(held.batch, 0.0)
        wait_until(lambda: running(database) == 8, what="the claim ahead")
        runner.stopping.set()
        pipeline.store(finished(held.batch.trials), held.keeper)
        pipeline.end(held)
    states = [row.state for row in rows(database)]
    assert (states.count(TrialState.COMPLETE), states.count(TrialState.WAITING)) == (4, 16)
    assert {row.attempts for row in rows(database) if row.state == TrialState.WAITING} == {0}


def test_leases_of_a_batch_held_ahead_are_renewed(
    database: Database, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "LONGEST_PAUSE", 0.05)
    submit_points(database, points=10)
    held = pipeline.take()
    assert held is not None
    pipeline.progress(held.batch, 0.0)
    wait_until(lambda: running(database) == 8, what="the claim ahead")
    first = deadlines(database)
    wait_until(lambda: all(deadlines(database)[trial] > end for trial, end in first.items()), what="eight renewals")
    assert running(database) == len(first) == 8
    pipeline.store(finished(held.batch.trials), held.keeper)
    pipeline.end(held)


def test_nothing_is_claimed_ahead_of_results_that_a_sampler_is_to_know(database: Database, pipeline: Pipeline) -> None:
    submit(
        database,
        losses=["golden"],
        design={"kind": "search", "sampler": "tpe", "trials": 12, "claim_replicates": 2},
    )
    held = pipeline.take()
    assert held is not None
    pipeline.progress(held.batch, 0.0)
    claims_made(pipeline)
    assert running(database, "small") == len(held.batch.trials)
    pipeline.store(finished(held.batch.trials), held.keeper)
    pipeline.end(held)
    following = pipeline.take()
    assert following is not None, "claimed once the results are in"
    assert running(database, "small") == len(following.batch.trials)
    pipeline.end(following)


def test_nothing_is_claimed_ahead_of_or_beside_trials_that_failed_before(
    database: Database, pipeline: Pipeline
) -> None:
    submit_points(database, points=10)
    batch = queue.claim(database, worker="other", limit=8, lease_seconds=LEASE)
    assert batch is not None
    queue.fail_together(database, batch.trials, kind="raised", message="it did")
    assert queue.claim(database, worker="other", limit=8, lease_seconds=LEASE, ahead=True) is None
    again = pipeline.take()
    assert again is not None
    assert {trial.attempt for trial in again.batch.trials} == {2}
    pipeline.progress(again.batch, 0.0)
    assert pipeline._ahead is None
    pipeline.end(again)


def test_results_that_cannot_be_stored_fail_alone(database: Database, pipeline: Pipeline) -> None:
    submit_points(database, points=10, limits={"max_attempts": 1, "max_failed_share": 1.0})
    held = pipeline.take()
    assert held is not None
    outcome = finished(held.batch.trials)
    broken = dataclasses.replace(outcome[1].runs[0], accuracy=math.nan)
    outcome[1] = dataclasses.replace(outcome[1], runs=(broken,))
    pipeline.store(outcome, held.keeper)
    pipeline.end(held)
    wait_until(lambda: running(database) == 0, what="the results")
    states = {(row.sweep, row.number): row for row in rows(database) if row.state != TrialState.WAITING}
    failed = [row for row in states.values() if row.state == TrialState.FAILED]
    assert [(row.number, str(row.error)[:7]) for row in failed] == [(outcome[1].trial.number, "raised:")]
    assert sum(row.state == TrialState.COMPLETE for row in states.values()) == 3


def test_an_outage_while_results_are_stored_loses_nothing(tmp_path: Path) -> None:
    with postgres_server() as server, ExitStack() as afterwards:
        db = open_database(server.url(server.create(migrated=True)))
        afterwards.callback(db.dispose)
        submit_points(db, points=10)
        runner = make_runner(db, tmp_path, stack_limit=4)
        with Pipeline(runner.claims, runner.stores) as pipeline:
            first = pipeline.take()
            assert first is not None
            pipeline.progress(first.batch, 0.0)
            second = pipeline.take()
            assert second is not None
            server.stop("immediate")
            with captured_logs() as said:
                for held in (first, second):
                    pipeline.store(finished(held.batch.trials), held.keeper)
                    pipeline.end(held)
                try:
                    wait_until(lambda: "results wait for the database" in {at["event"] for at in said}, what="a try")
                finally:
                    server.start()  # the pipeline ends once all is stored
            third = pipeline.take()  # waits for the results of the others
            assert third is not None
            assert overview.get(db, "points").summary.runs_done == 8
            pipeline.end(third)
        assert [row.attempts for row in rows(db) if row.state == TrialState.COMPLETE] == [1] * 8


def test_workers_that_claim_ahead_side_by_side_train_nothing_twice(database: Database, tmp_path: Path) -> None:
    submit(database)
    workers = [make_runner(database, tmp_path, stack_limit=3, name=f"w{i}") for i in range(3)]
    threads = [threading.Thread(target=worker.run, kwargs={"idle_exit": 1.0}) for worker in workers]
    for thread in threads:
        thread.start()
    join_all(*threads)
    summary = overview.get(database, "small").summary
    assert (summary.state, summary.runs_done) == ("complete", summary.runs_expected)
    assert {row.attempts for row in rows(database, "small")} == {1}
