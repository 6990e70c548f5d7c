"""Workers that die, late writers, and the plans that the database makes of a claim."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal

import sqlalchemy as sa
from leases import LEASE, pass_time
from storage_farm import claim_and_hang, claim_some, drain, results_of, start, submit, work
from waiting import exit_code, wait_for_event, wait_until

from studies.records import StudyState
from studies.storage import leases, queue, schema, studies
from studies.storage.engine import Database

SHORTENED = 18  # times that every lease is ended under its owner: a trial is claimed at most so often again


def test_trials_of_a_killed_worker_are_done_by_another(database: Database, database_url: str) -> None:
    submit(database, points=3)
    claimed = multiprocessing.get_context("forkserver").Event()
    victim = start(claim_and_hang, database_url, claimed)
    wait_for_event(claimed, what="the victim's claim")
    assert victim.pid is not None
    os.kill(victim.pid, signal.SIGKILL)
    assert exit_code(victim) == -signal.SIGKILL
    assert drain(database) == 4, "what the victim holds is still its own"
    pass_time(database)
    assert queue.reap(database) == 2
    assert drain(database) == 2
    summary = studies.get(database, "first").summary
    assert (summary.runs_done, summary.trials_running, summary.trials_failed) == (6, 0, 0)


def test_worker_that_dies_at_once_every_time_cannot_hold_a_trial_for_ever(database: Database) -> None:
    submit(database, points=1, limits={"max_attempts": 3, "max_failed_share": 0.0})
    for size in (2, 2, 1):
        assert len(claim_some(database, lease=LEASE).trials) == size
        pass_time(database)
    queue.reap(database)
    summary = studies.get(database, "first").summary
    assert (summary.state, summary.trials_running) == (StudyState.FAILED, 0)
    assert "did not renew its lease" in summary.note


def test_racing_processes_with_pauses_and_short_leases_stay_exact(database: Database, database_url: str) -> None:
    """Leases that end under their owner make double work, never double results."""
    submit(database, points=30, limits={"max_attempts": SHORTENED + 2})
    count = 3 if database.kind == "postgresql" else 2
    workers = [start(work, database_url, 2, f"w{i}", LEASE) for i in range(count)]
    wait_until(lambda: studies.get(database, "first").summary.runs_done, what="a first result")
    for _ in range(SHORTENED):
        pass_time(database)
    studies.pause(database, "first")
    studies.resume(database, "first")
    assert [exit_code(worker) for worker in workers] == [0] * count
    pass_time(database)
    drain(database)
    with database.read() as connection:
        t = schema.trials
        states = connection.execute(sa.select(t.c.state, sa.func.count()).group_by(t.c.state)).all()
        stored = connection.execute(sa.select(sa.func.count()).select_from(schema.runs)).scalar_one()
        numbers = connection.execute(sa.text("SELECT study_id, number FROM trials ORDER BY 1, 2")).all()
    assert [tuple(row) for row in states] == [("complete", 60)]
    assert stored == 60
    ids = sorted({row[0] for row in numbers})
    assert [tuple(row) for row in numbers] == [(i, n) for i in ids for n in range(30)], "dense and unique"


def test_deleting_under_workers_leaves_them_alive(database: Database, database_url: str) -> None:
    submit(database, points=60)
    submit(database, "bystander", points=5)
    workers = [start(work, database_url, 2, f"w{i}") for i in range(2)]
    wait_until(lambda: studies.get(database, "first").summary.runs_done, what="a first result")
    studies.delete(database, "first")
    assert [exit_code(worker) for worker in workers] == [0, 0]
    assert studies.get(database, "bystander").summary.runs_done == 10
    with database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(schema.runs)).scalar_one() == 10
        assert connection.execute(sa.text("SELECT count(*) FROM trials")).scalar_one() == 10


def test_counters_never_drift_when_a_study_fails_under_a_finisher(database: Database) -> None:
    submit(database, points=3, limits={"max_attempts": 1, "max_failed_share": 0.0})
    trials = claim_some(database, 6).trials
    assert queue.fail(database, trials[0], kind="timeout", message="too slow")
    assert queue.finish(database, results_of(trials[1:])) == [False] * 5
    queue.release(database, trials[1:])
    assert studies.get(database, "first").summary.trials_running == 0


def test_message_is_cut_and_kept(database: Database) -> None:
    submit(database, points=1)
    (first, _) = claim_some(database).trials
    assert queue.fail(database, first, kind="raised", message="x" * 10_000)
    with database.read() as connection:
        kept = connection.execute(sa.select(schema.trials.c.error).where(schema.trials.c.id == first.id)).scalar_one()
    assert len(kept) == leases.MESSAGE_LIMIT


def test_claim_reads_partial_indexes_of_what_waits(database: Database) -> None:
    submit(database, points=300)
    with database.begin() as connection:
        connection.execute(sa.text("UPDATE golden_trials SET state = 'complete' WHERE number < 290"))
    with database.begin() as connection:
        connection.execute(sa.text("ANALYZE"))
        study_id = connection.execute(sa.select(schema.studies.c.id)).scalar_one()
        first = connection.execute(queue.head_of(study_id)).one()
        for statement in (queue.head_of(study_id), queue.stack_of(study_id, first, 9)):
            plan = _plan(connection, statement)
            assert re.search(r"ix_golden_trials_(waiting|stackable|open)", plan), plan
            assert not re.search(r"Seq Scan|SCAN golden_trials\b(?! USING)", plan), plan


def _plan(connection: sa.Connection, statement: sa.Select[tuple[object, ...]]) -> str:
    explain = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    text = statement.compile(connection, compile_kwargs={"literal_binds": True})
    return "\n".join(str(tuple(row)) for row in connection.execute(sa.text(f"{explain} {text}")))
