"""The trials that a claim takes, and its cost."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from leases import LEASE
from storage_farm import claim_some, results_of, submit

from studies.records import StudyState
from studies.storage import finishing, overview, picking, queue, schema
from studies.storage.engine import Database


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
    assert queue.claim(database, worker="w", limit=1, lease_seconds=LEASE) is None


def test_poison_trial_does_not_spend_the_attempts_of_its_stack(database: Database) -> None:
    """The stack that it kills shrinks until the culprit is alone with its last attempt."""
    submit(database, points=30, limits={"max_attempts": 3, "max_failed_share": 0.1})
    sizes: list[int] = []
    while (batch := queue.claim(database, worker="w", limit=64, lease_seconds=LEASE)) is not None:
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


@pytest.mark.parametrize(
    ("failed", "attempts", "expected"), [(0, 3, 64), (1, 3, 8), (1, 4, 8), (2, 4, 1), (2, 3, 1), (1, 2, 1), (3, 9, 1)]
)
def test_stacks_shrink_with_failures_and_end_alone(failed: int, attempts: int, expected: int) -> None:
    assert picking.stack_limit(64, failed=failed, max_attempts=attempts) == expected
