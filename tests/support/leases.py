"""The clock of the leases, turned by hand: no test waits for a lease to end, and none ends by itself meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from studies.storage import schema
from studies.storage.engine import Database

LEASE = 3600.0  # seconds: longer than any test takes
_COLUMNS = schema.trials.c


def deadlines(db: Database) -> Mapping[int, datetime]:
    """The end of each lease, by trial."""
    with db.read() as connection:
        return {
            row.id: row.deadline
            for row in connection.execute(sa.select(_COLUMNS.id, _COLUMNS.deadline).where(schema.RUNNING))
        }


def pass_time(db: Database, seconds: float = LEASE + 1.0, *, worker: str | None = None) -> int:
    """Bring the end of every lease nearer, as if `seconds` had passed; returns the number of leases.

    Args:
        db: the database.
        seconds: by default more than a lease of `LEASE` seconds has left.
        worker: whose leases; None: everybody's.
    """
    whose = sa.true() if worker is None else _COLUMNS.worker == worker

    def move(connection: sa.Connection) -> int:
        held = sa.select(_COLUMNS.id, _COLUMNS.deadline).where(schema.RUNNING, whose).with_for_update()
        rows = connection.execute(held).all()
        for row in rows:
            earlier = row.deadline - timedelta(seconds=seconds)
            connection.execute(sa.update(schema.trials).where(_COLUMNS.id == row.id).values(deadline=earlier))
        return len(rows)

    return db.write(move)
