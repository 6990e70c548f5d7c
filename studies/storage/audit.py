"""The audit list: who did what to which study, and when. Entries outlive their study."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.storage import schema
from studies.storage.engine import Database

events = schema.events


@dataclass(frozen=True, slots=True)
class Event:
    """One entry. `action` is submit, extend, pause, resume, cancel, delete, complete, fail, data or software."""

    at: datetime
    study: str
    actor: str  # as the caller named itself, "" for the system
    action: str
    detail: str


def note(connection: Connection, study: str, *, actor: str, action: str, at: datetime, detail: str = "") -> None:
    """Add an entry within the transaction that it speaks of."""
    row = {"at": at, "study": study, "actor": actor[:200], "action": action, "detail": detail[:1000]}
    connection.execute(sa.insert(events).values(**row))


def latest(database: Database, study: str | None = None, *, limit: int = 100) -> list[Event]:
    """The newest entries, newest first; of one study or of all.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    statement = sa.select(events).order_by(events.c.id.desc()).limit(limit)
    if study is not None:
        statement = statement.where(events.c.study == study)
    with database.read() as connection:
        rows = connection.execute(statement).all()
    return [Event(row.at, row.study, row.actor, row.action, row.detail) for row in rows]
