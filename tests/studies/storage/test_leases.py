"""Leases: renewed while held, ended with their errors, lost with their tokens."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from leases import LEASE, deadlines, pass_time
from storage_farm import claim_some, results_of, submit

from studies.records import StudyState
from studies.storage import audit, finishing, leases, listing, overview, queue, schema, studies
from studies.storage.engine import Database
from studies.storage.read_models import WorkerStatus


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
    trials = claim_some(database, 4, lease=LEASE).trials
    held = {t.id: t.token for t in trials}
    beat = queue.heartbeat(database, "w", held | {10**9: 1}, lease_seconds=2 * LEASE, status=WorkerStatus())
    assert (beat.lost, beat.stop, beat.drain) == (frozenset(), {10**9}, False)
    pass_time(database)  # the first lease is over, the renewed one is not
    assert queue.reap(database) == 0
    stale = {t.id: t.token - 1 for t in trials}
    assert queue.heartbeat(database, "w", stale, lease_seconds=60, status=WorkerStatus()).lost == set(held)
    studies.cancel(database, "first")
    assert queue.heartbeat(database, "w", held, lease_seconds=60, status=WorkerStatus()).stop == set(held)


def test_message_is_cut_and_kept(database: Database) -> None:
    submit(database, points=1)
    (first, _) = claim_some(database).trials
    assert queue.fail(database, first, kind="raised", message="x" * 10_000)
    with database.read() as connection:
        kept = connection.execute(sa.select(schema.trials.c.error).where(schema.trials.c.id == first.id)).scalar_one()
    assert len(kept) == leases.MESSAGE_LIMIT


def test_worker_that_dies_at_once_every_time_cannot_hold_a_trial_for_ever(database: Database) -> None:
    submit(database, points=1, limits={"max_attempts": 3, "max_failed_share": 0.0})
    for size in (2, 2, 1):
        assert len(claim_some(database, lease=LEASE).trials) == size
        pass_time(database)
    queue.reap(database)
    summary = overview.get(database, "first").summary
    assert (summary.state, summary.trials_running) == (StudyState.FAILED, 0)
    assert "did not renew its lease" in summary.note


def test_a_renewed_lease_ends_later_and_a_lost_one_does_not(database: Database) -> None:
    submit(database, points=2)
    first, second, *_ = claim_some(database, 4, lease=LEASE).trials
    before = deadlines(database)
    tokens = {first.id: first.token, second.id: second.token + 1}
    renewal = database.write(lambda connection: leases.renew(connection, tokens, seconds=2 * LEASE))
    after = deadlines(database)
    assert (renewal.lost, renewal.stop) == ({second.id}, frozenset())
    assert after[first.id] == renewal.at + timedelta(seconds=2 * LEASE)
    assert {key for key in before if before[key] != after[key]} == {first.id}


def test_held_rows_are_those_under_their_tokens(database: Database) -> None:
    submit(database, points=2)
    first, second, *_ = claim_some(database, 4).trials
    queue.release(database, [second])
    tokens = {second.id: second.token, first.id: first.token, 10**9: 1}
    with database.begin() as connection:
        assert [row.id for row in leases.held(connection, tokens)] == [first.id]


def test_an_attempt_that_is_put_back_uncounted_is_free_again(database: Database) -> None:
    submit(database, points=1)
    trials = claim_some(database).trials
    tokens = {trial.id: trial.token for trial in trials}

    def work(connection: sa.Connection) -> None:
        leases.requeue(connection, leases.held(connection, tokens), error="why", counted=False)

    database.write(work)
    rows = listing.trials_page(database, "first").items
    assert {(row.state, row.attempts, row.worker, row.error) for row in rows} == {("waiting", 0, None, "why")}
    assert overview.get(database, "first").summary.trials_running == 0
