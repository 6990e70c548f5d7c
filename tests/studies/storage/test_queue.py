"""The contract of the queue, on SQLite and PostgreSQL alike."""

from __future__ import annotations

import sqlalchemy as sa
from leases import LEASE, pass_time
from storage_farm import claim_some, results_of, start, submit, work
from waiting import exit_code

from studies.storage import finishing, queue, schema
from studies.storage.engine import Database


def test_many_processes_finish_exactly_the_budget(database: Database, database_url: str) -> None:
    submit(database, points=40, runs=2)
    count = 4 if database.kind == "postgresql" else 2
    workers = [start(work, database_url, 3, f"w{i}") for i in range(count)]
    assert [exit_code(worker) for worker in workers] == [0] * count
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


def test_zombie_is_fenced_off(database: Database) -> None:
    submit(database, points=1)
    zombie = claim_some(database, lease=LEASE).trials
    pass_time(database)
    assert queue.reap(database) == 2
    heir = claim_some(database).trials
    assert [t.token for t in heir] == [2, 2]
    assert finishing.finish(database, results_of(zombie)) == [False, False]
    assert not queue.fail(database, zombie[0], kind="raised", message="late")
    assert finishing.finish(database, results_of(heir)) == [True, True]
    assert finishing.finish(database, results_of(zombie)) == [False, False]


def test_claim_reaps_by_itself(database: Database) -> None:
    submit(database, points=1)
    claim_some(database, lease=LEASE)
    pass_time(database)
    assert [t.attempt for t in claim_some(database).trials] == [2, 2]


def test_claim_of_named_studies_leaves_the_others(database: Database) -> None:
    submit(database, "older", points=1)
    submit(database, "newer", points=1)
    batch = queue.claim(database, worker="w", limit=9, lease_seconds=LEASE, studies=["newer"])
    assert batch is not None
    assert batch.study == "newer"


def test_claim_ahead_leaves_what_failed_before_to_claims_in_need(database: Database) -> None:
    submit(database, points=2)
    first = claim_some(database, 2)
    ahead = queue.claim(database, worker="w", limit=2, lease_seconds=LEASE, ahead=True)
    assert ahead is not None
    assert [t.number for t in ahead.trials] == [1, 1]
    queue.fail_together(database, first.trials, kind="raised", message="it did")
    assert queue.claim(database, worker="w", limit=2, lease_seconds=LEASE, ahead=True) is None
    assert claim_some(database, 2).trials[0].attempt == 2
