"""The contract of the queue, on SQLite and PostgreSQL alike."""

from __future__ import annotations

import time

import pytest
import sqlalchemy as sa
from storage_farm import claim_some, drain, make_run, results_of, start, submit, work

from studies.records import StudyState
from studies.storage import audit, finishing, overview, queue, schema, studies
from studies.storage.engine import Database
from studies.storage.records import FinishedTrial, WorkerStatus


def test_claim_takes_a_stack_across_losses(database: Database) -> None:
    submit(database, points=5)
    batch = claim_some(database, 4)
    assert [(t.number, t.loss) for t in batch.trials] == [(0, "golden"), (0, "sse"), (1, "golden"), (1, "sse")]
    assert {t.token for t in batch.trials} == {1} == {t.attempt for t in batch.trials}
    assert (batch.study, batch.context, batch.block) == ("first", "paper", 0)


def test_claim_prefers_priority_then_age(database: Database) -> None:
    submit(database, "older", points=1)
    submit(database, "urgent", points=1, priority=5)
    submit(database, "newer", points=1)
    assert [claim_some(database).study for _ in range(3)] == ["urgent", "older", "newer"]
    assert queue.claim(database, worker="w", limit=1, lease_seconds=60) is None


def test_claim_of_named_studies_leaves_the_others(database: Database) -> None:
    submit(database, "older", points=1)
    submit(database, "newer", points=1)
    batch = queue.claim(database, worker="w", limit=9, lease_seconds=60, studies=["newer"])
    assert batch is not None
    assert batch.study == "newer"


def test_claim_ahead_leaves_what_failed_before_to_claims_in_need(database: Database) -> None:
    submit(database, points=2)
    first = claim_some(database, 2)
    ahead = queue.claim(database, worker="w", limit=2, lease_seconds=60, ahead=True)
    assert ahead is not None
    assert [t.number for t in ahead.trials] == [1, 1]
    queue.fail_together(database, first.trials, kind="raised", message="it did")
    assert queue.claim(database, worker="w", limit=2, lease_seconds=60, ahead=True) is None
    assert claim_some(database, 2).trials[0].attempt == 2


def test_finish_stores_values_and_counts(database: Database) -> None:
    submit(database, points=3, runs=2)
    assert drain(database) == 6
    detail = overview.get(database, "first")
    assert (detail.summary.state, detail.summary.runs_done, detail.summary.trials_running) == (
        StudyState.RUNNING,
        12,
        0,
    )
    assert [p.complete for s in detail.sweeps for p in s.phases] == [3, 3]
    assert all(s.phases_done == ("map",) and s.best is not None for s in detail.sweeps)


def test_diverged_run_completes_its_trial(database: Database) -> None:
    submit(database, points=1)
    batch = claim_some(database)
    assert finishing.finish(database, results_of(batch.trials, diverged=True)) == [True, True]
    detail = overview.get(database, "first")
    assert (detail.summary.runs_diverged, detail.summary.trials_failed) == (2, 0)
    assert detail.sweeps[0].best is None


def test_finishing_twice_changes_nothing(database: Database) -> None:
    submit(database, points=2)
    results = results_of(claim_some(database).trials)
    assert finishing.finish(database, results) == [True] * 4
    before = overview.revision(database, "first")
    assert finishing.finish(database, results) == [True] * 4
    assert overview.revision(database, "first") == before
    assert overview.get(database, "first").summary.runs_done == 4


def test_zombie_is_fenced_off(database: Database) -> None:
    submit(database, points=1)
    zombie = claim_some(database, lease=0.01).trials
    time.sleep(0.05)
    assert queue.reap(database) == 2
    heir = claim_some(database).trials
    assert [t.token for t in heir] == [2, 2]
    assert finishing.finish(database, results_of(zombie)) == [False, False]
    assert not queue.fail(database, zombie[0], kind="raised", message="late")
    assert finishing.finish(database, results_of(heir)) == [True, True]
    assert finishing.finish(database, results_of(zombie)) == [False, False]


def test_claim_reaps_by_itself(database: Database) -> None:
    submit(database, points=1)
    claim_some(database, lease=0.01)
    time.sleep(0.05)
    assert [t.attempt for t in claim_some(database).trials] == [2, 2]


def test_poison_trial_fails_after_its_attempts(database: Database) -> None:
    submit(database, points=1, limits={"max_attempts": 2, "max_failed_share": 1.0})
    for size, attempt in ((2, 1), (1, 2), (1, 2)):
        trials = claim_some(database).trials
        assert [t.attempt for t in trials] == [attempt] * size
        assert all(queue.fail(database, t, kind="raised", message="ValueError: no") for t in trials)
    assert queue.claim(database, worker="w", limit=1, lease_seconds=60) is None
    detail = overview.get(database, "first")
    assert (detail.summary.trials_failed, detail.summary.trials_running) == (2, 0)
    assert detail.summary.state is StudyState.RUNNING


def test_poison_trial_does_not_spend_the_attempts_of_its_stack(database: Database) -> None:
    """The stack that it kills shrinks until the culprit is alone with its last attempt."""
    submit(database, points=30, limits={"max_attempts": 3, "max_failed_share": 0.1})
    sizes: list[int] = []
    while (batch := queue.claim(database, worker="w", limit=64, lease_seconds=60)) is not None:
        sizes.append(len(batch.trials))
        poisoned = any((t.number, t.loss) == (7, "golden") for t in batch.trials)
        if poisoned:
            assert all(queue.fail(database, t, kind="lost", message="it killed the worker") for t in batch.trials)
        else:
            assert all(finishing.finish(database, results_of(batch.trials)))
    assert sizes[:3] == [60, 8, 8], "60 fail together, then stacks of an eighth, then singles"
    assert sizes.count(1) == 8
    summary = overview.get(database, "first").summary
    assert (summary.runs_done, summary.trials_failed, summary.state) == (59, 1, StudyState.RUNNING)


def test_reaped_result_counts_while_nobody_has_begun_it_again(database: Database) -> None:
    submit(database, points=2)
    trials = claim_some(database, 4, lease=0.01).trials
    time.sleep(0.05)
    assert queue.reap(database) == 4
    assert finishing.finish(database, results_of(trials[:2])) == [True, True]
    assert len(claim_some(database).trials) == 2
    assert finishing.finish(database, results_of(trials[2:])) == [False, False]
    summary = overview.get(database, "first").summary
    assert (summary.runs_done, summary.trials_running) == (2, 2)


def test_study_fails_when_too_many_trials_do(database: Database) -> None:
    submit(database, points=4, limits={"max_attempts": 1, "max_failed_share": 0.2})
    trials = claim_some(database, 4).trials
    assert queue.fail(database, trials[0], kind="out_of_memory", message="no room")
    assert overview.get(database, "first").summary.state is StudyState.RUNNING
    assert queue.fail(database, trials[1], kind="raised", message="no\ntraceback")
    summary = overview.get(database, "first").summary
    assert summary.state is StudyState.FAILED
    assert summary.note == "2 of 8 trials failed; the latest: raised: no"
    assert [e.action for e in audit.history(database, "first").items] == ["fail", "submit"]
    assert (summary.trials_running, summary.trials_failed) == (0, 2)
    assert finishing.finish(database, results_of(trials[2:])) == [False, False]


def test_release_does_not_count_the_attempt(database: Database) -> None:
    submit(database, points=1)
    queue.release(database, claim_some(database).trials)
    again = claim_some(database).trials
    assert [(t.attempt, t.token) for t in again] == [(1, 2), (1, 2)]


def test_heartbeat_renews_and_tells(database: Database) -> None:
    submit(database, points=2)
    trials = claim_some(database, 4, lease=0.3).trials
    held = {t.id: t.token for t in trials}
    beat = queue.heartbeat(database, "w", held | {10**9: 1}, lease_seconds=60, status=WorkerStatus())
    assert (beat.lost, beat.stop, beat.drain) == (frozenset(), {10**9}, False)
    time.sleep(0.35)
    assert queue.reap(database) == 0
    stale = {t.id: t.token - 1 for t in trials}
    assert queue.heartbeat(database, "w", stale, lease_seconds=60, status=WorkerStatus()).lost == set(held)
    studies.cancel(database, "first")
    assert queue.heartbeat(database, "w", held, lease_seconds=60, status=WorkerStatus()).stop == set(held)


def test_finish_refuses_the_wrong_number_of_runs(database: Database) -> None:
    submit(database, points=1, runs=2)
    trial = claim_some(database).trials[0]
    with pytest.raises(ValueError, match="2 replicates but 1 runs"):
        finishing.finish(database, [FinishedTrial(trial, (make_run(trial),))])


def test_many_processes_finish_exactly_the_budget(database: Database, database_url: str) -> None:
    submit(database, points=40, runs=2)
    count = 4 if database.kind == "postgresql" else 2
    workers = [start(work, database_url, 3, f"w{i}") for i in range(count)]
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * count
    assert_exact(database, trials=80, runs=160)


def assert_exact(database: Database, *, trials: int, runs: int) -> None:
    """Every trial complete once, every run stored once, counters equal to a recount."""
    with database.read() as connection:
        t = schema.trials.c
        states = connection.execute(sa.select(t.state, t.token, sa.func.count()).group_by(t.state, t.token)).all()
        stored = connection.execute(sa.select(sa.func.count()).select_from(schema.runs)).scalar_one()
        study = connection.execute(sa.select(schema.studies)).one()
    assert [tuple(row) for row in states] == [("complete", 1, trials)]
    assert (stored, study.runs_done, study.trials_running, study.trials_total) == (runs, runs, 0, trials)
