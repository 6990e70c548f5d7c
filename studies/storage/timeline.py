"""When which worker trained what of a study: the last attempt of every trial, and earlier ones that failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from studies.records import TrialState
from studies.storage import schema
from studies.storage.engine import Database, now
from studies.storage.overview import find

MOST = 5_000  # stretches that are read, the latest ones
Ended = Literal["done", "running", "lost"]

trials, attempts = schema.trials, schema.attempts


@dataclass(frozen=True, slots=True)
class Stretch:
    """Trials that a worker began together and that ended together, or are being trained."""

    worker: str
    start: datetime
    end: datetime  # now, while they are being trained
    ended: Ended
    trials: int
    runs: int


def stretches(database: Database, study: str) -> tuple[Stretch, ...]:
    """The latest stretches of a study, by start.

    Raises:
        StudyNotFoundError: there is no such study.
        StorageUnavailableError: the database cannot be reached.
    """
    with database.read() as connection:
        study_id, at = find(connection, study).id, now(connection)
        found = [
            *_read(connection.execute(_last(study_id)), at),
            *_read(connection.execute(_failed(study_id)), at),
        ]
    return tuple(sorted(found, key=lambda each: (each.start, each.worker)))[-MOST:]


def _last(study_id: int) -> sa.Select[Any]:
    """Trials by the attempt that ended them, or that they are in; failed ones are in `_failed`."""
    together = (trials.c.worker, trials.c.started_at, trials.c.finished_at, trials.c.state)
    shown = (TrialState.RUNNING.value, TrialState.COMPLETE.value)
    return (
        sa.select(*together, sa.func.count().label("count"), sa.func.sum(trials.c.runs).label("runs"))
        .where(trials.c.study_id == study_id, trials.c.state.in_(shown), trials.c.worker.is_not(None))
        .where(trials.c.started_at.is_not(None))
        .group_by(*together)
        .order_by(trials.c.started_at.desc())
        .limit(MOST)
    )


def _failed(study_id: int) -> sa.Select[Any]:
    together = (attempts.c.worker, attempts.c.started_at, attempts.c.ended_at.label("finished_at"))
    return (
        sa.select(
            *together, sa.literal("lost").label("state"), sa.func.count().label("count"), sa.literal(0).label("runs")
        )
        .where(attempts.c.study_id == study_id, attempts.c.worker.is_not(None), attempts.c.started_at.is_not(None))
        .group_by(attempts.c.worker, attempts.c.started_at, attempts.c.ended_at)
        .order_by(attempts.c.started_at.desc())
        .limit(MOST)
    )


def _read(rows: Any, at: datetime) -> list[Stretch]:
    named: dict[str, Ended] = {TrialState.RUNNING.value: "running", "lost": "lost"}
    return [
        Stretch(
            worker=row.worker,
            start=row.started_at,
            end=max(row.started_at, row.finished_at or at),
            ended=named.get(row.state, "done"),
            trials=row.count,
            runs=0 if row.state == TrialState.RUNNING.value else row.runs,
        )
        for row in rows
    ]
