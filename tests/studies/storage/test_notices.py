"""Notices: stored with the change that they are about, once each, and never for anything else."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from chaos import submit
from leases import LEASE
from noop_worker import turn, work_off

from studies.advance import advance
from studies.records import NoticeEvent, StudyState
from studies.storage import notices, overview, phases, queue, schema, studies
from studies.storage.engine import Database
from studies.storage.notices import page
from studies.storage.read_models import Notice
from studies.storage.revisions import change_study


def complete(database: Database, name: str = "small", **changes: object) -> None:
    """A study, worked off."""
    submit(database, name=name, **changes)
    work_off(database)


def told(database: Database, **asked: str) -> list[tuple[str, str]]:
    return [(notice.study, notice.event.value) for notice in reversed(page(database, **asked).items)]


def test_a_completion_gives_two_notices_with_the_study_as_it_was(database: Database) -> None:
    complete(database)
    assert told(database) == [("small", "completed"), ("small", "decided")]
    decided, completed = page(database).items
    summary = overview.get(database, "small").summary
    for notice in (completed, decided):
        assert (notice.study_id, notice.revision, notice.at) == (summary.id, summary.revision, summary.finished_at)
        assert (notice.state, notice.runs_done) == (StudyState.COMPLETE, summary.runs_done)
    assert len({completed.key, decided.key}) == 2
    assert completed.number < decided.number


def test_a_failure_gives_one_with_its_reason(database: Database) -> None:
    submit(database, limits={"max_attempts": 1, "max_failed_share": 0.0})
    batch = queue.claim(database, worker="w", limit=4, lease_seconds=LEASE)
    assert batch is not None
    queue.fail_together(database, batch.trials, kind="raised", message="ValueError: no")
    assert told(database) == [("small", "failed")]
    (notice,) = page(database).items
    assert (notice.event, notice.state, "ValueError: no" in notice.note) == (
        NoticeEvent.FAILED,
        StudyState.FAILED,
        True,
    )


def test_nothing_else_gives_any(database: Database) -> None:
    submit(database)
    studies.pause(database, "small")
    studies.resume(database, "small")
    assert turn(database, "w", limit=4, lease=LEASE, seconds=0.0)
    studies.cancel(database, "small")
    studies.delete(database, "small")
    assert told(database) == []


def test_each_completion_gives_its_own_and_they_outlive_the_study(database: Database) -> None:
    complete(database, design={"kind": "search", "sampler": "random", "trials": 2, "claim_replicates": 2})
    spec = overview.get(database, "small").spec
    studies.extend(database, "small", {}, runs_added=0)
    assert overview.get(database, spec.name).summary.state == StudyState.RUNNING
    submit(database, name="other")
    with database.begin() as connection:  # both of its sweeps wait for nothing again
        connection.execute(sa.update(schema.sweeps).values(closed=sa.false()))
    while advance(database):
        pass
    studies.delete(database, "small")
    assert told(database, study="small") == [("small", "completed"), ("small", "decided")] * 2
    keys = [notice.key for notice in page(database).items]
    assert len(set(keys)) == len(keys)


def test_a_change_that_is_rolled_back_leaves_none(database: Database) -> None:
    submit(database)
    while turn(database, "w", limit=100, lease=LEASE, seconds=0.0):
        pass
    with pytest.raises(RuntimeError, match="after it"), database.begin() as connection:
        connection.execute(sa.update(schema.sweeps).values(closed=sa.true()))
        row = connection.execute(sa.select(schema.studies)).one()
        assert change_study(connection, schema.studies.c.id == row.id, state="complete")
        raise RuntimeError("after it")
    assert told(database) == []
    assert phases.due(database)


def test_pages_go_back_to_the_oldest(database: Database) -> None:
    for name in ("one", "two", "three"):
        complete(database, name, design={"kind": "search", "sampler": "random", "trials": 2, "claim_replicates": 2})
    seen: list[Notice] = []
    cursor = None
    while True:
        found = page(database, limit=4, cursor=cursor)
        seen += found.items
        cursor = found.next_cursor
        if cursor is None:
            break
    assert [notice.number for notice in seen] == sorted((notice.number for notice in seen), reverse=True)
    assert len(seen) == 6


def test_old_ones_are_forgotten(database: Database) -> None:
    complete(database)
    assert notices.forget_old(database) == 0
    early = schema.notices.c.at
    with database.begin() as connection:
        at = connection.execute(sa.select(early).limit(1)).scalar_one() - timedelta(days=notices.KEPT_DAYS, seconds=1)
        connection.execute(sa.update(schema.notices).where(schema.notices.c.event == "completed").values(at=at))
    assert notices.forget_old(database) == 1
    assert told(database) == [("small", "decided")]


def test_the_first_verdict_stays(database: Database) -> None:
    complete(database)
    (completed, ready), (decided, unready) = notices.undispatched(database, limit=10)
    assert (completed.event, ready, decided.event, unready) == (NoticeEvent.COMPLETED, True, NoticeEvent.DECIDED, False)
    notices.set_verdict(database, decided.number, '{"outcome": "refuted"}')
    notices.set_verdict(database, decided.number, "null")
    with database.read() as connection:
        of_decided = sa.select(schema.notices.c.verdict).where(schema.notices.c.id == decided.number)
        assert connection.execute(of_decided).scalar_one() == '{"outcome": "refuted"}'
    assert [ready for _, ready in notices.undispatched(database, limit=10)] == [True, True]
