"""Sweeps whose next phase could not be planned: every failed try is noted, and the last one allowed fails the study.

The count of tries lives in the database, as notes beside the audit list (`audit.UNPLANNED`), one for each failed try at
one stage of one sweep. So services and workers share one count, whichever of them tries, and a restart forgets none.
A note is added under the lock of the sweep, and not while the sweep rests from the note before: of several processes
that fail at the same moment one is counted. Rests double, on the database's clock. Only errors of the planning itself
come here: while the database is away nothing is planned, noted or counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.storage import audit, leases, schema
from studies.storage.engine import Database, now
from studies.storage.phases import LIVE, SweepKey, lock_at, lock_study

TRIES = 5
FIRST_REST = 4.0  # seconds after the first failed try; each further one doubles it: a minute for all of them
REASON_LIMIT = 400  # characters

events = schema.events


@dataclass(frozen=True, slots=True)
class Tries:
    """Failed tries to plan the next phase of a sweep."""

    count: int
    latest: datetime  # database's clock

    def rests(self, at: datetime) -> bool:
        """True while it is too early for another try."""
        return at < self.latest + timedelta(seconds=FIRST_REST * 2 ** (self.count - 1))


def resting(database: Database, due: Sequence[SweepKey]) -> frozenset[int]:
    """Ids of the sweeps among these that are not to be tried yet.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    if not due:
        return frozenset()
    with database.read() as connection:
        at, known = now(connection), _tries(connection, due)
    return frozenset(key.sweep_id for key in due if _mark(key) in known and known[_mark(key)].rests(at))


def note_failure(database: Database, key: SweepKey, reason: str) -> int:
    """Note that the next phase of a sweep could not be planned; the last allowed try fails the study with the reason.

    Returns:
        The number of failed tries with this one; 0 where nothing was noted: the sweep has moved on or its study has
        ended, or another process noted a try just before.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    return database.write(partial(_note, key=key, reason=reason[:REASON_LIMIT]))


def _note(connection: Connection, *, key: SweepKey, reason: str) -> int:
    if _count(connection, key) + 1 >= TRIES:
        leases.lock_open(connection, key.study_id)  # trials before sweeps and studies: the order of locks
    sweep = lock_at(connection, key.sweep_id, key.stage)
    if sweep is None:
        return 0
    known, at = _tries(connection, [key]).get(_mark(key)), now(connection)
    if known is not None and known.rests(at):
        return 0
    study = lock_study(connection, key.study_id)
    if study.state not in LIVE:
        return 0
    count = 1 if known is None else known.count + 1
    audit.note(connection, key.study, actor=_mark(key), action=audit.UNPLANNED, at=at, detail=reason)
    if count >= TRIES:
        leases.fail_study(connection, study, note=_final(key, count, reason), at=at)
    return count


def _count(connection: Connection, key: SweepKey) -> int:
    known = _tries(connection, [key]).get(_mark(key))
    return 0 if known is None else known.count


def _tries(connection: Connection, keys: Sequence[SweepKey]) -> dict[str, Tries]:
    """Failed tries by mark."""
    columns = (events.c.actor, sa.func.count().label("tries"), sa.func.max(events.c.at).label("latest"))
    chosen = sa.select(*columns).where(
        events.c.study.in_({key.study for key in keys}), events.c.action == audit.UNPLANNED
    )
    rows = connection.execute(chosen.group_by(events.c.actor))
    return {row.actor: Tries(row.tries, row.latest) for row in rows}


def _mark(key: SweepKey) -> str:
    """Names a stage of a sweep; the numbers of deleted sweeps are not given again."""
    return f"sweep {key.sweep_id}, round {key.rounds}, after {', '.join(key.phases_done)}, {key.trials} trials"


def _final(key: SweepKey, count: int, reason: str) -> str:
    last = key.phases_done[-1] if key.phases_done else "its submission"
    return (
        f"{key.sweep}: what follows {last} could not be planned in {count} tries: {reason}. "
        "What was measured stays; submit a study with another search space or design"
    )
