"""What waits for workers: which studies have trials to claim, which data sets they need, and why one is passed over."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

import sqlalchemy as sa

from studies.records import StudyState
from studies.storage import schema
from studies.storage.engine import Database

NOTE_LIMIT = 1000  # characters, the column's width

_S = schema.studies
_T = schema.trials


@dataclass(frozen=True, slots=True)
class Opening:
    """A study with waiting trials."""

    study: str
    datasets: frozenset[str]
    note: str


def openings(database: Database) -> list[Opening]:
    """Queued and running studies with waiting trials, those claimed first in front.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    waits = sa.select(sa.literal(1)).where(_T.c.study_id == _S.c.id, schema.WAITING).exists()
    live = _S.c.state.in_((StudyState.QUEUED.value, StudyState.RUNNING.value))
    statement = sa.select(_S.c.name, _S.c.spec, _S.c.note).where(live, waits).order_by(_S.c.priority.desc(), _S.c.id)
    with database.read() as connection:
        rows = connection.execute(statement).all()
    return [Opening(row.name, _datasets(row.spec), row.note) for row in rows]


def explain(database: Database, study: str, note: str) -> None:
    """Say on a study that no worker has begun why it waits; "" takes the note back, then or later.

    Once a study runs, some worker has what it needs: another that has not must not talk over it.

    Raises:
        StorageUnavailableError: the database cannot be reached; call again.
    """
    text = note[:NOTE_LIMIT]
    states = (StudyState.QUEUED.value,) if text else (StudyState.QUEUED.value, StudyState.RUNNING.value)
    statement = sa.update(_S).where(_S.c.name == study, _S.c.state.in_(states), _S.c.note != text)
    values = {"note": text, "revision": _S.c.revision + 1}
    database.write(lambda connection: connection.execute(statement.values(**values)))


@lru_cache(maxsize=256)
def _datasets(spec: str) -> frozenset[str]:
    return frozenset(context["dataset"] for context in json.loads(spec)["contexts"])
