"""Workers that die, race and lose their study: the queue stays exact."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time

import sqlalchemy as sa
from storage_farm import VICTIM_LEASE, claim_and_hang, drain, start, submit, work

from studies.storage import overview, queue, schema, studies
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
    time.sleep(VICTIM_LEASE + 0.1)
    assert queue.reap(database) == 2
    assert drain(database) == 2
    summary = overview.get(database, "first").summary
    assert (summary.runs_done, summary.trials_running, summary.trials_failed) == (6, 0, 0)


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
