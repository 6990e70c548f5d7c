"""From one phase of a sweep to the next.

A sweep is due when none of its trials waits or runs and it is not closed. A process that finds a sweep due plans the
next phase (`advance`, from the results) and appends it, or closes the sweep. Several processes may do so at once: the
first appends, the others find that the sweep has moved on and change nothing. A study is complete when all its sweeps
are closed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.records import Step, StudyState
from studies.storage import audit, mirror, schema
from studies.storage.engine import Database, now
from studies.storage.planning import add_trials
from studies.storage.revisions import change_study

studies, sweeps, trials = schema.studies, schema.sweeps, schema.trials
LIVE = (StudyState.QUEUED.value, StudyState.RUNNING.value)


@dataclass(frozen=True, slots=True)
class Stage:
    """The progress of a sweep: its phases, the later looks planned, and its trials. Every `append` changes it."""

    phases: tuple[str, ...]
    rounds: int
    trials: int


@dataclass(frozen=True, slots=True)
class SweepKey:
    """A sweep that is due, and the phases and rounds it has behind it (the guard of `append`)."""

    sweep_id: int
    study_id: int
    study: str
    sweep: str
    loss: str
    context: str
    phases_done: tuple[str, ...]
    rounds: int
    trials: int

    @property
    def stage(self) -> Stage:
        """The progress of the sweep."""
        return Stage(self.phases_done, self.rounds, self.trials)


def due(database: Database) -> list[SweepKey]:
    """Sweeps of queued and running studies that have nothing left to do and are not closed.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    statement = (
        sa.select(sweeps, studies.c.name.label("study"))
        .join(studies, studies.c.id == sweeps.c.study_id)
        .where(studies.c.state.in_(LIVE), ~sweeps.c.closed, ~_unfinished())
        .order_by(sweeps.c.id)
    )
    with database.read() as connection:
        rows = connection.execute(statement).all()
    return [
        SweepKey(r.id, r.study_id, r.study, r.name, r.loss, r.context, tuple(json.loads(r.phases)), r.rounds, r.trials)
        for r in rows
    ]


def append(database: Database, sweep_id: int, *, after: Stage, step: Step) -> bool:
    """Add the trials of the next phases to a sweep.

    Args:
        after: `SweepKey.stage` of the sweep for which the step was planned.
        step: what comes next.

    Returns:
        False where the sweep is no longer as it was (moved on, closed, its study ended or deleted), or where a later
        look would take more runs than are granted: nothing is added.

    Raises:
        ValueError: there is nothing to add; `close` the sweep instead.
        StorageUnavailableError: the database cannot be reached; call again.
    """
    if not step.plans:
        raise ValueError("`step.plans` is empty; close the sweep instead")
    return database.write(partial(_append, sweep_id=sweep_id, after=after, step=step))


def close(database: Database, sweep_id: int) -> bool:
    """Close a sweep, for which nothing more is planned; with its last sweep a study is complete.

    Returns:
        False where there was nothing to close: it is closed or gone already, its study ended, or trials are unfinished.

    Raises:
        StorageUnavailableError: the database cannot be reached; call again.
    """
    return database.write(partial(_close, sweep_id=sweep_id))


def settle(database: Database, *, after: Mapping[int, Stage], steps: Mapping[int, Step]) -> bool:
    """Record the outcome of a look at several sweeps of a study at once: a step for some, the others are closed.

    Args:
        after: stage of each sweep, by its id, at which they were looked at.
        steps: later looks for some of them.

    Returns:
        False where any sweep is no longer as it was, or the steps take more runs than are granted: nothing changes.

    Raises:
        StorageUnavailableError: the database cannot be reached; call again.
    """
    try:
        return database.write(partial(_settle, after=after, steps=steps))
    except _MovedOnError:
        return False


class _MovedOnError(Exception):
    """Rolls the transaction back."""


def _settle(connection: Connection, *, after: Mapping[int, Stage], steps: Mapping[int, Step]) -> bool:
    for sweep_id in sorted(after):  # all locked before the study is, in the order that others lock them in
        if lock_at(connection, sweep_id, after[sweep_id]) is None:
            return False
    for sweep_id in sorted(after):
        step = steps.get(sweep_id)
        if step is None:
            done = _close(connection, sweep_id=sweep_id)
        else:
            done = _append(connection, sweep_id=sweep_id, after=after[sweep_id], step=step)
        if not done:
            raise _MovedOnError
    return bool(after)


def _unfinished() -> sa.ColumnElement[bool]:
    return sa.select(sa.literal(1)).where(trials.c.sweep_id == sweeps.c.id, schema.OPEN).exists()


def _append(connection: Connection, *, sweep_id: int, after: Stage, step: Step) -> bool:
    sweep = lock_at(connection, sweep_id, after)
    if sweep is None:
        return False
    study = lock_study(connection, sweep.study_id)
    granted = step.runs_added if step.later_look else 0
    if study.state not in LIVE or granted > study.runs_granted:
        return False
    add_trials(connection, sweep, step.plans)
    if step.space is not None:
        mirror.widen(connection, sweep.optuna_study_id, step.space)
    connection.execute(sa.update(sweeps).where(sweeps.c.id == sweep_id).values(**_progress(sweep, step)))
    values = {
        "trials_total": study.trials_total + len(step.plans),
        "runs_expected": study.runs_expected + step.runs_added,
        "runs_granted": study.runs_granted - granted,
    }
    return change_study(connection, studies.c.id == study.id, **values)


def _progress(sweep: sa.Row[Any], step: Step) -> dict[str, Any]:
    values: dict[str, Any] = {"rounds": sweep.rounds + int(step.later_look)}
    return (
        values if step.space is None else values | {"space": json.dumps(step.space.document(), separators=(",", ":"))}
    )


def _close(connection: Connection, *, sweep_id: int) -> bool:
    sweep = _lock_due(connection, sweep_id)
    if sweep is None:
        return False
    study = lock_study(connection, sweep.study_id)
    if study.state not in LIVE:
        return False
    connection.execute(sa.update(sweeps).where(sweeps.c.id == sweep_id).values(closed=sa.true()))
    left = sa.select(sa.func.count()).where(sweeps.c.study_id == study.id, ~sweeps.c.closed)
    values: dict[str, Any] = {}
    if connection.execute(left).scalar_one() == 0:
        at = now(connection)
        values |= {"state": StudyState.COMPLETE.value, "finished_at": at, "runs_granted": 0}  # what is left lapses
        values |= {"runs_expected": _planned(connection, study.id)}  # a confirmation may have ended early
        audit.note(connection, study.name, actor="", action="complete", at=at)
    return change_study(connection, studies.c.id == study.id, **values)


def _planned(connection: Connection, study_id: int) -> int:
    """Runs of all trials that a study has."""
    planned = sa.select(sa.func.sum(trials.c.runs)).where(trials.c.study_id == study_id)
    return int(connection.execute(planned).scalar_one() or 0)


def _lock_due(connection: Connection, sweep_id: int) -> sa.Row[Any] | None:
    """The sweep, locked, if it is still due. Looked at under the lock, which appending takes too."""
    sweep = connection.execute(
        sa.select(sweeps).where(sweeps.c.id == sweep_id, ~sweeps.c.closed).with_for_update()
    ).one_or_none()
    if sweep is None:
        return None
    unfinished = sa.select(trials.c.id).where(trials.c.sweep_id == sweep_id, schema.OPEN).limit(1)
    return None if connection.execute(unfinished).first() else sweep


def lock_at(connection: Connection, sweep_id: int, stage: Stage) -> sa.Row[Any] | None:
    """The sweep, locked, if it is due and no further than `stage`."""
    sweep = _lock_due(connection, sweep_id)
    if sweep is None:
        return None
    return sweep if Stage(tuple(json.loads(sweep.phases)), sweep.rounds, sweep.trials) == stage else None


def lock_study(connection: Connection, study_id: int) -> sa.Row[Any]:
    """A study, locked; its trials and sweeps are locked before it."""
    return connection.execute(sa.select(studies).where(studies.c.id == study_id).with_for_update()).one()
