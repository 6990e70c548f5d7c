"""Attempts that ended without a result: of one trial in order, of a study by their cause.

They are noted by the transaction that ends them (`leases.end_attempts`). What ended with a result needs no row of its
own: the trial has its worker and its times.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.storage import schema
from studies.storage.bulk import insert_rows
from studies.storage.engine import Database
from studies.storage.listing import sweep_id_of
from studies.storage.overview import find

KINDS = ("raised", "out_of_memory", "timeout", "lost")  # of `queue.Failure`
MOST_GROUPS = 500  # different errors that are looked at, the most frequent first
_LOOKED_AT = 400  # characters of an error
_VARYING = re.compile(r"0x[0-9a-f]+|[0-9]+")  # addresses, sizes, seeds: no cause of their own

attempts, trials, sweeps = schema.attempts, schema.trials, schema.sweeps


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt of a trial that ended without a result."""

    attempt: int  # 1-based
    worker: str | None  # this and the times: None where an earlier release did not keep them
    started_at: datetime | None
    ended_at: datetime | None
    together: int | None  # attempts that this worker began and lost at the same time, this one included
    given_up: bool  # it was the trial's last
    error: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Attempts of a study that ended without a result for one reason."""

    kind: str  # raised, out_of_memory, timeout or lost; "" where the error names none
    error: str  # first line of one of them
    attempts: int
    given_up: int  # trials whose last attempt it was
    sweep: str  # of the latest such attempt's trial
    number: int


def note(
    connection: Connection, rows: Sequence[sa.Row[Any]], errors: Sequence[str], given_up: Collection[int], at: datetime
) -> None:
    """Keep attempts that ended without a result.

    Args:
        connection: of the transaction that ends them.
        rows: of `golden_trials`, locked, as they were during the attempt.
        errors: why, one for each row.
        given_up: ids of the trials that have no attempt left.
        at: database's clock.
    """
    together = Counter((row.worker, row.started_at) for row in rows)
    noted = [
        {
            "study_id": row.study_id,
            "trial_id": row.id,
            "attempt": row.attempt,
            "worker": row.worker,
            "started_at": row.started_at,
            "ended_at": at,
            "together": together[row.worker, row.started_at],
            "given_up": row.id in given_up,
            "error": error,
        }
        for row, error in zip(rows, errors, strict=True)
    ]
    insert_rows(connection, attempts, noted)


def of_trial(database: Database, study: str, sweep: str, number: int) -> tuple[Attempt, ...]:
    """The attempts of a trial that ended without a result, in order.

    Raises:
        StudyNotFoundError: there is no such study, or it has no such sweep.
        StorageUnavailableError: the database cannot be reached.
    """
    with database.read() as connection:
        own = (trials.c.sweep_id == sweep_id_of(connection, study, sweep), trials.c.number == number)
        chosen = sa.select(attempts).join(trials, trials.c.id == attempts.c.trial_id).where(*own)
        rows = connection.execute(chosen.order_by(attempts.c.id)).all()
    return tuple(Attempt(r.attempt, r.worker, r.started_at, r.ended_at, r.together, r.given_up, r.error) for r in rows)


def failures(database: Database, study: str) -> tuple[Failure, ...]:
    """The attempts of a study that ended without a result, by their cause; the most frequent cause first.

    Errors are one cause where their first lines differ in numbers alone; every lost worker is the same cause.

    Raises:
        StudyNotFoundError: there is no such study.
        StorageUnavailableError: the database cannot be reached.
    """
    text = sa.func.substr(attempts.c.error, 1, _LOOKED_AT).label("text")
    counted = sa.func.count().label("count")
    lost = sa.func.sum(sa.case((attempts.c.given_up, 1), else_=0)).label("given_up")
    latest = sa.func.max(attempts.c.id).label("latest")
    with database.read() as connection:
        own = attempts.c.study_id == find(connection, study).id
        grouped = sa.select(text, counted, lost, latest).where(own).group_by(text).order_by(counted.desc(), latest)
        rows = connection.execute(grouped.limit(MOST_GROUPS)).all()
        causes: dict[str, list[Any]] = defaultdict(list)
        for row in rows:
            causes[_cause(row.text)].append(row)
        places = _places(connection, [max(row.latest for row in group) for group in causes.values()])
    found = [_failure(group, places) for group in causes.values()]
    return tuple(sorted(found, key=lambda failure: -failure.attempts))


def kind_of(error: str) -> str:
    """The kind of failure that an error names; "" where it names none."""
    kind = error.partition(":")[0]
    return kind if kind in KINDS else ""


def _cause(error: str) -> str:
    return "lost" if kind_of(error) == "lost" else _VARYING.sub("0", _first_line(error).lower())


def _first_line(error: str) -> str:
    said = error.strip().split("\n")[0].strip()
    return said.partition(":")[2].strip() or said if kind_of(said) else said


def _places(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[str, int]]:
    """Sweep and number of the trials of some attempts, by the attempt's id."""
    chosen = sa.select(attempts.c.id, sweeps.c.name, trials.c.number).join(trials, trials.c.id == attempts.c.trial_id)
    chosen = chosen.join(sweeps, sweeps.c.id == trials.c.sweep_id).where(attempts.c.id.in_(ids))
    return {row.id: (row.name, row.number) for row in connection.execute(chosen)}


def _failure(group: Sequence[Any], places: dict[int, tuple[str, int]]) -> Failure:
    newest = max(group, key=lambda row: row.latest)
    return Failure(
        kind=kind_of(newest.text),
        error=_first_line(newest.text),
        attempts=sum(row.count for row in group),
        given_up=sum(row.given_up for row in group),
        sweep=places[newest.latest][0],
        number=places[newest.latest][1],
    )
