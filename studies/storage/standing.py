"""The queue as people look at it: the studies with waiting trials in the order of claims, what is held, and by whom.

A few statements on the partial indexes of waiting and leased trials; what is finished costs nothing here.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.records import StudyState
from studies.storage import schema
from studies.storage.engine import Database
from studies.storage.picking import CLAIMABLE
from studies.storage.queue_models import Holding, Standing

studies, trials, sweeps = schema.studies, schema.trials, schema.sweeps


def standings(database: Database) -> tuple[Standing, ...]:
    """Studies with waiting trials: those that are served first in front, as `picking.candidates`; paused ones behind.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    counted = (
        sa.select(trials.c.study_id, trials.c.external, sa.func.count().label("waiting"))
        .where(schema.WAITING)
        .group_by(trials.c.study_id, trials.c.external)
        .subquery()
    )
    paused = sa.case((studies.c.state == StudyState.PAUSED.value, 1), else_=0)
    statement = (
        sa.select(studies, counted.c.external, counted.c.waiting)
        .join(counted, counted.c.study_id == studies.c.id)
        .where(studies.c.state.in_((*CLAIMABLE, StudyState.PAUSED.value)))
        .order_by(paused, studies.c.priority.desc(), studies.c.id, counted.c.external)
    )
    with database.read() as connection:
        rows = connection.execute(statement).all()
    return tuple(
        Standing(
            study=row.name,
            title=row.title,
            state=StudyState(row.state),
            priority=row.priority,
            external=row.external,
            waiting=row.waiting,
            running=row.trials_running,
            submitted_by=row.submitted_by,
            created_at=row.created_at,
            started_at=row.started_at,
            note=row.note,
        )
        for row in rows
    )


def holdings(database: Database) -> tuple[Holding, ...]:
    """Everything that is held at present, by worker, what was begun first in front.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    with database.read() as connection:
        return _holdings(connection)


def _holdings(connection: Connection) -> tuple[Holding, ...]:
    together = (trials.c.worker, trials.c.study_id, trials.c.phase, trials.c.context, trials.c.started_at)
    grouped = (
        sa.select(
            *together,
            sa.func.count().label("held"),
            sa.func.min(trials.c.id).label("first"),
            sa.func.min(trials.c.deadline).label("ends"),
        )
        .where(schema.RUNNING)
        .group_by(*together)
        .subquery()
    )
    first = trials.alias("first_of")
    statement = (
        sa.select(grouped, first.c.number, studies.c.name.label("study"), sweeps.c.name.label("sweep"))
        .join(first, first.c.id == grouped.c.first)
        .join(studies, studies.c.id == grouped.c.study_id)
        .join(sweeps, sweeps.c.id == first.c.sweep_id)
        .order_by(grouped.c.worker, grouped.c.started_at, grouped.c.first)
    )
    return tuple(
        Holding(r.worker, r.study, r.sweep, r.number, r.phase, r.context, r.held, r.started_at, r.ends)
        for r in connection.execute(statement)
    )
