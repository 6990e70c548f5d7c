"""Notices: what became of studies, kept for those who asked to hear of it.

A notice is stored by the transaction that completes or fails the study (`revisions.change_study`), so that no crash
comes between. Its key is drawn once and stays, so that whoever hears of it twice can tell. Notices outlive their study
and are kept for `KEPT_DAYS`.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.records import NoticeEvent, StudyState
from studies.storage import causes, paging, schema
from studies.storage.engine import Database, now
from studies.storage.planning import spec_of
from studies.storage.read_models import Notice, Page

KEPT_DAYS = 30
_LATE = 200  # numbers: one that was drawn earlier may be stored a little later
EVENTS = {  # by the state that a study enters, in the order in which they are delivered
    StudyState.COMPLETE: (NoticeEvent.COMPLETED, NoticeEvent.DECIDED),
    StudyState.FAILED: (NoticeEvent.FAILED,),
}
_FACTS = (
    *("title", "state", "revision", "claim_hash", "spec_hash", "submitted_by"),
    *("runs_expected", "runs_done", "runs_diverged", "trials_failed", "note"),
)

notices = schema.notices


def write(connection: Connection, study: sa.Row[Any]) -> None:
    """Store what a study's new state gives notice of, within the transaction that changes it.

    Args:
        connection: the transaction's.
        study: the row as changed.
    """
    known = {name: study._mapping[name] for name in _FACTS}
    known["causes"] = causes.counted(study.runs_diverged, study._mapping)
    facts = json.dumps(known, ensure_ascii=False)
    shared = {"at": study.finished_at or now(connection), "study_id": study.id, "study": study.name, "facts": facts}
    compares = spec_of(study.spec).compares  # and states no verdict
    for event in EVENTS.get(StudyState(study.state), ()):
        if compares and event is NoticeEvent.DECIDED:
            continue
        row = {"key": f"msg_{secrets.token_urlsafe(18)}", "event": event.value, **shared}
        connection.execute(sa.insert(notices).values(**row))


def page(database: Database, *, study: str | None = None, limit: int = 100, cursor: str | None = None) -> Page[Notice]:
    """Notices, the newest first.

    Raises:
        SpecError: the limit or the cursor is not acceptable.
        StorageUnavailableError: the database cannot be reached.
    """
    chosen = sa.select(notices).order_by(notices.c.id.desc()).limit(paging.check_limit(limit) + 1)
    if study is not None:
        chosen = chosen.where(notices.c.study == study)
    if cursor is not None:
        chosen = chosen.where(notices.c.id < paging.decode(cursor, int)[0])
    with database.read() as connection:
        rows = connection.execute(chosen).all()
    more = len(rows) > limit
    return Page(tuple(notice_of(r) for r in rows[:limit]), paging.encode([rows[limit - 1].id]) if more else None)


def stamp(database: Database) -> tuple[int, ...]:
    """Numbers of which one changes with every notice that is stored or forgotten: fit for polling.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    with database.read() as connection:
        ends = connection.execute(sa.select(sa.func.min(notices.c.id), sa.func.max(notices.c.id))).one()
        first, last = int(ends[0] or 0), int(ends[1] or 0)
        latest = sa.select(sa.func.count()).select_from(notices).where(notices.c.id > last - _LATE)
        return first, last, int(connection.execute(latest).scalar_one())


def undispatched(database: Database, *, limit: int) -> Sequence[tuple[Notice, bool]]:
    """The oldest notices whose deliveries are not made out yet, and whether each is judged or needs no judging.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    chosen = sa.select(notices).where(schema.UNDISPATCHED).order_by(notices.c.id).limit(limit)
    with database.read() as connection:
        rows = connection.execute(chosen).all()
    return [(notice_of(row), row.verdict is not None or row.event != NoticeEvent.DECIDED) for row in rows]


def set_verdict(database: Database, number: int, verdict: str) -> None:
    """Keep the verdict of a `decided` as JSON text; the first one stays.

    Raises:
        StorageUnavailableError: the database cannot be reached; call again.
    """
    unjudged = sa.and_(notices.c.id == number, notices.c.verdict.is_(None))
    statement = sa.update(notices).where(unjudged).values(verdict=verdict)
    database.write(lambda connection: connection.execute(statement))


def forget_old(database: Database) -> int:
    """Delete notices, with their deliveries, that are older than `KEPT_DAYS`; returns how many.

    Raises:
        StorageUnavailableError: the database cannot be reached; call again.
    """

    def is_old(connection: Connection) -> sa.ColumnElement[bool]:
        return notices.c.at < now(connection) - timedelta(days=KEPT_DAYS)

    with database.read() as connection:
        if connection.execute(sa.select(notices.c.id).where(is_old(connection)).limit(1)).first() is None:
            return 0
    return database.write(lambda connection: connection.execute(sa.delete(notices).where(is_old(connection))).rowcount)


def notice_of(row: sa.Row[Any]) -> Notice:
    """A row of `golden_notices` as a record."""
    facts: dict[str, Any] = json.loads(row.facts)
    at: datetime = row.at
    return Notice(
        number=row.id,
        key=row.key,
        event=NoticeEvent(row.event),
        at=at,
        study_id=row.study_id,
        study=row.study,
        **{**facts, "state": StudyState(facts["state"])},
    )
