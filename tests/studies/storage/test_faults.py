"""Workers that die, late writers, and the plans that the database makes of a claim."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import time

import sqlalchemy as sa
from storage_farm import claim_and_hang, claim_some, drain, results_of, start, submit, work

from studies.records import StudyState
from studies.storage import finishing, leases, overview, picking, queue, schema, studies
from studies.storage.engine import Database


def test_trials_of_a_killed_worker_are_done_by_another(database: Database, database_url: str) -> None:
    submit(database, points=3)
    claimed = multiprocessing.get_context("forkserver").Event()
    victim = start(claim_and_hang, database_url, claimed)
    assert claimed.wait(30)
    assert victim.pid is not None
    os.kill(victim.pid, signal.SIGKILL)
    victim.join(10)
    assert drain(database) == 4, "what the victim holds is still its own"
    time.sleep(1.1)
    assert queue.reap(database) == 2
    assert drain(database) == 2
    summary = overview.get(database, "first").summary
    assert (summary.runs_done, summary.trials_running, summary.trials_failed) == (6, 0, 0)


def test_worker_that_dies_at_once_every_time_cannot_hold_a_trial_for_ever(database: Database) -> None:
    submit(database, points=1, limits={"max_attempts": 3, "max_failed_share": 0.0})
    for size in (2, 2, 1):
        assert len(claim_some(database, lease=0.01).trials) == size
        time.sleep(0.03)
    queue.reap(database)
    summary = overview.get(database, "first").summary
    assert (summary.state, summary.trials_running) == (StudyState.FAILED, 0)
    assert "did not renew its lease" in summary.note


def test_racing_processes_with_pauses_and_short_leases_stay_exact(database: Database, database_url: str) -> None:
    """Leases that end under their owner make double work, never double results."""
    submit(database, points=30, limits={"max_attempts": 20})
    count = 3 if database.kind == "postgresql" else 2
    workers = [start(work, database_url, 2, f"w{i}", 0.02) for i in range(count)]
    time.sleep(0.2)
    studies.pause(database, "first")
    studies.resume(database, "first")
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * count
    time.sleep(0.03)
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
    time.sleep(0.3)
    studies.delete(database, "first")
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert overview.get(database, "bystander").summary.runs_done == 10
    with database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(schema.runs)).scalar_one() == 10
        assert connection.execute(sa.text("SELECT count(*) FROM trials")).scalar_one() == 10


def test_counters_never_drift_when_a_study_fails_under_a_finisher(database: Database) -> None:
    submit(database, points=3, limits={"max_attempts": 1, "max_failed_share": 0.0})
    trials = claim_some(database, 6).trials
    assert queue.fail(database, trials[0], kind="timeout", message="too slow")
    assert finishing.finish(database, results_of(trials[1:])) == [False] * 5
    queue.release(database, trials[1:])
    assert overview.get(database, "first").summary.trials_running == 0


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
        first = connection.execute(picking.head_of(study_id)).one()
        for statement in (picking.head_of(study_id), picking.stack_of(study_id, first, 9)):
            plan = _plan(connection, statement)
            assert re.search(r"ix_golden_trials_(waiting|stackable|open)", plan), plan
            assert not re.search(r"Seq Scan|SCAN golden_trials\b(?! USING)", plan), plan


def _plan(connection: sa.Connection, statement: sa.Select[tuple[object, ...]]) -> str:
    explain = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    text = statement.compile(connection, compile_kwargs={"literal_binds": True})
    return "\n".join(str(tuple(row)) for row in connection.execute(sa.text(f"{explain} {text}")))
