"""Studies with trials that wait for our own workers: their data sets, and the note that says why none has begun one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

import sqlalchemy as sa

from studies.records import StudyState
from studies.storage import schema
from studies.storage.engine import Database
from studies.storage.leases import NOTE_LIMIT
from studies.storage.revisions import change_study

studies, trials = schema.studies, schema.trials


@dataclass(frozen=True, slots=True)
class WaitingStudy:
    """A study with waiting trials, the data sets that it needs, and its note."""

    study: str
    datasets: frozenset[str]
    note: str


def waiting_studies(database: Database) -> list[WaitingStudy]:
    """Queued and running studies with trials that our own workers may claim, those claimed first in front.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    ours = trials.c.external == sa.false()
    waits = sa.select(sa.literal(1)).where(trials.c.study_id == studies.c.id, ours, schema.WAITING).exists()
    live = studies.c.state.in_((StudyState.QUEUED.value, StudyState.RUNNING.value))
    statement = (
        sa.select(studies.c.name, studies.c.spec, studies.c.note)
        .where(live, waits)
        .order_by(studies.c.priority.desc(), studies.c.id)
    )
    with database.read() as connection:
        rows = connection.execute(statement).all()
    return [WaitingStudy(row.name, _datasets(row.spec), row.note) for row in rows]


def explain(database: Database, study: str, note: str) -> None:
    """Set the note of a study: why no worker has begun it. An empty note clears it.

    Only a queued study takes a note: once it runs, some worker has what it needs. A running study's note can only be
    cleared.

    Raises:
        StorageUnavailableError: the database cannot be reached; call again.
    """
    text = note[:NOTE_LIMIT]
    states = (StudyState.QUEUED.value,) if text else (StudyState.QUEUED.value, StudyState.RUNNING.value)
    which = sa.and_(studies.c.name == study, studies.c.state.in_(states), studies.c.note != text)
    database.write(lambda connection: change_study(connection, which, note=text))


@lru_cache(maxsize=256)
def _datasets(spec: str) -> frozenset[str]:
    contexts = json.loads(spec)["contexts"]
    return frozenset(context["dataset"] for context in contexts if "dataset" in context)  # an external one has none
