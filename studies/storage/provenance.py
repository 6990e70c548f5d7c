"""Provenance of a study's runs: digests of its data, its workers' software, and the seeds of every run.

Digests and software are kept beside the audit list (`audit.NOTES`), each once per study, under the name of the worker
that was first.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.records import Replicate
from studies.storage import audit, schema
from studies.storage.audit import DATA, SOFTWARE
from studies.storage.engine import Database, now
from studies.storage.listing import sweep_id_of
from studies.storage.overview import find

SEEDS = tuple(f.name for f in fields(Replicate))
events, runs, studies, trials = schema.events, schema.runs, schema.studies, schema.trials


@dataclass(frozen=True, slots=True)
class Origins:
    """Notes of workers about a study; empty for what was measured before workers noted it."""

    data: dict[str, str]  # SHA-256 of all images and labels, by data set
    software: tuple[str, ...]  # of every worker that was admitted to the study, each once


def note_once(connection: Connection, study: str, *, action: str, detail: str, actor: str = "") -> None:
    """Note something about a study that is there, unless it is noted already."""
    created = connection.execute(sa.select(studies.c.created_at).where(studies.c.name == study)).scalar_one_or_none()
    if created is None:
        return
    same = (
        events.c.study == study,
        events.c.action == action,
        events.c.detail == detail[:1000],
        events.c.at >= created,
    )
    if connection.execute(sa.select(events.c.id).where(*same).limit(1)).scalar_one_or_none() is None:
        audit.note(connection, study, actor=actor, action=action, at=now(connection), detail=detail)


def note_software(database: Database, study: str, *, worker: str, software: str) -> None:
    """Note the software of a worker that was admitted to a study.

    Raises:
        StorageUnavailableError: the database cannot be reached; call again.
    """
    database.write(lambda c: note_once(c, study, action=SOFTWARE, detail=software, actor=worker))


def origins(database: Database, study: str) -> Origins:
    """The notes about a study since it was submitted.

    Raises:
        StudyNotFoundError: there is no such study.
        StorageUnavailableError: the database cannot be reached.
    """
    chosen = sa.select(events.c.action, events.c.detail).where(
        events.c.study == study, events.c.action.in_((DATA, SOFTWARE))
    )
    with database.read() as connection:
        created = find(connection, study).created_at
        rows = connection.execute(chosen.where(events.c.at >= created).order_by(events.c.id)).all()
    noted = (row.detail.rpartition(" ") for row in rows if row.action == DATA)
    software = sorted({row.detail for row in rows if row.action == SOFTWARE})
    return Origins({name: sha256 for name, _, sha256 in noted}, tuple(software))


def seeds(database: Database, study: str, sweep: str) -> dict[tuple[int, int], Replicate]:
    """The replicate of every run of a sweep, by (trial number, run index).

    Raises:
        StudyNotFoundError: there is no such study, or it has no such sweep.
        StorageUnavailableError: the database cannot be reached.
    """
    statement = sa.select(trials.c.number, runs.c.run, *(runs.c[name] for name in SEEDS)).join(
        runs, runs.c.trial_id == trials.c.id
    )
    with database.read() as connection:
        within = trials.c.sweep_id == sweep_id_of(connection, study, sweep)
        rows = connection.execute(statement.where(within)).all()
    return {(number, run): Replicate(*parts) for number, run, *parts in rows}
