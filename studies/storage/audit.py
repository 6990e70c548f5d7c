"""The audit list: who did what to which study, and when.

Rows of `golden_events` are of two kinds, distinguished by their action; both outlive their study.

    CHANGES    entries of the audit list: submit, extend, edit, pause, resume, cancel, delete (asked for by a caller),
               complete, fail (done by the system)
    NOTES      data (SHA-256 of a data set) and software (of a worker), which `provenance` writes and reads, and
               unplanned (a failed try to plan a phase), which `unplanned` does, and claim (the digest of a study's
               claim), which `drawer` counts; the audit list leaves them out
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, get_args

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.errors import StudyNotFoundError
from studies.storage import paging, schema
from studies.storage.engine import Database
from studies.storage.read_models import AuditEntry, Change, Page

CHANGES: tuple[Change, ...] = get_args(Change)
BY_SYSTEM = ("complete", "fail")
DATA, SOFTWARE, UNPLANNED, CLAIM = NOTES = ("data", "software", "unplanned", "claim")
SYSTEM, UNKNOWN = "system", "unknown"  # shown where no actor was noted

events = schema.events


def note(connection: Connection, study: str, *, actor: str, action: str, at: datetime, detail: str = "") -> None:
    """Add a row within the transaction that it is about.

    Args:
        actor: who asked for it; "" for the system.
        action: one of CHANGES or NOTES.
    """
    row = {"at": at, "study": study, "actor": actor[:200], "action": action, "detail": detail[:1000]}
    connection.execute(sa.insert(events).values(**row))


def history(database: Database, study: str, *, limit: int = 100, cursor: str | None = None) -> Page[AuditEntry]:
    """The changes of a study and of deleted studies of the same name, newest first.

    Raises:
        StudyNotFoundError: there was never a study of this name.
        SpecError: the limit or the cursor is not acceptable.
        StorageUnavailableError: the database cannot be reached.
    """
    chosen = sa.select(events).where(*_changes_of(study)).order_by(events.c.id.desc())
    chosen = chosen.limit(paging.check_limit(limit) + 1)
    if cursor is not None:
        chosen = chosen.where(events.c.id < paging.decode(cursor, int)[0])
    with database.read() as connection:
        rows = connection.execute(chosen).all()
        if not rows:
            _latest_id(connection, study)
    more = len(rows) > limit
    return Page(tuple(_entry(row) for row in rows[:limit]), paging.encode([rows[limit - 1].id]) if more else None)


def latest_id(database: Database, study: str) -> int:
    """A number that rises with every entry about a study; errors as `history`."""
    with database.read() as connection:
        return _latest_id(connection, study)


def _latest_id(connection: Connection, study: str) -> int:
    found: int | None = connection.execute(sa.select(sa.func.max(events.c.id)).where(*_changes_of(study))).scalar_one()
    if found is not None:
        return found
    there = sa.select(schema.studies.c.id).where(schema.studies.c.name == study)
    if connection.execute(there).first() is None:
        raise StudyNotFoundError(f"there was never a study named {study!r}; `golden status` lists those there are")
    return 0  # the table was emptied by hand


def _changes_of(study: str) -> tuple[sa.ColumnElement[bool], ...]:
    return events.c.study == study, events.c.action.in_(CHANGES)


def _entry(row: sa.Row[Any]) -> AuditEntry:
    unnamed = SYSTEM if row.action in BY_SYSTEM else UNKNOWN
    return AuditEntry(row.at, row.study, row.actor or unnamed, row.action, row.detail)
