"""Figures that an operator watches, in a few indexed queries: none reads a row per finished trial or run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.records import StudyState
from studies.storage import causes, schema
from studies.storage.engine import Database, now

WORKER_HOURS = 24  # workers without a heartbeat for longer are history
MAX_WORKERS = 1000  # those with the latest heartbeats, so that the series of `/metrics` stay few
CLAIMABLE = (StudyState.QUEUED, StudyState.RUNNING)

studies, trials, workers = schema.studies, schema.trials, schema.workers


@dataclass(frozen=True, slots=True)
class WorkerGauge:
    """One worker, as measured by the database's clock."""

    name: str
    device: str
    version: str
    state: str
    seconds_since_seen: float
    runs_done: int
    lanes: int
    images_per_second: float | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of queue, studies and workers at one moment. `trials` maps waiting, running, failed and ended."""

    queue_depth: int  # trials that a worker of our own may claim now
    trials: Mapping[str, int]
    studies: Mapping[str, int]
    runs_done: int
    runs_diverged: int  # ended at chance or broke, whatever the cause
    leases_expired: int  # ran out and not yet reaped
    workers: tuple[WorkerGauge, ...]
    deliveries_waiting: int = 0  # to webhooks
    causes: Mapping[str, int] = field(default_factory=dict)  # those of `runs_diverged` by cause


def snapshot(database: Database) -> Snapshot:
    """Everything at one moment.

    Raises:
        StorageUnavailableError: the database cannot be reached.
        SchemaError: its tables are missing or older than this program.
    """
    with database.read() as connection:
        at = now(connection)
        waiting, claimable = _waiting(connection)
        totals = _totals(connection)
        return Snapshot(
            queue_depth=sum(claimable[state] for state in CLAIMABLE),
            trials=_trials(totals, sum(waiting.values())),
            studies={state.value: totals.studies[state] for state in StudyState},
            runs_done=totals.sums["runs_done"],
            runs_diverged=totals.sums["runs_diverged"],
            leases_expired=_expired(connection, at),
            workers=_workers(connection, at),
            deliveries_waiting=_deliveries_waiting(connection),
            causes=causes.counted(totals.sums["runs_diverged"], totals.sums),
        )


def clock(database: Database) -> datetime:
    """The database's clock, for measuring how far another one is off.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    with database.read() as connection:
        return now(connection)


@dataclass(frozen=True, slots=True)
class _Totals:
    studies: Counter[str]
    sums: Counter[str]


def _totals(connection: Connection) -> _Totals:
    """Counters that studies keep, added up."""
    counters = ("trials_total", "trials_running", "trials_failed")
    counted = ("runs_done", "runs_diverged", *causes.COLUMNS.values(), *counters)
    sums = [sa.func.coalesce(sa.func.sum(studies.c[name]), 0).label(name) for name in counted]
    rows = connection.execute(
        sa.select(studies.c.state, sa.func.count().label("studies"), *sums).group_by(studies.c.state)
    ).all()
    totals = _Totals(Counter(), Counter())
    for row in rows:
        totals.studies[row.state] = row.studies
        totals.sums.update({name: int(row._mapping[name]) for name in counted})
    return totals


def _trials(totals: _Totals, waiting: int) -> dict[str, int]:
    """Trials by state; `ended` are complete, or cancelled with their study."""
    running, failed = totals.sums["trials_running"], totals.sums["trials_failed"]
    ended = totals.sums["trials_total"] - waiting - running - failed
    return {"waiting": waiting, "running": running, "failed": failed, "ended": max(0, ended)}


def _waiting(connection: Connection) -> tuple[Counter[str], Counter[str]]:
    """Waiting trials by the state of their study, all and those of built-in contexts: one walk along their index."""
    groups = (trials.c.study_id, trials.c.external)
    counts = sa.select(*groups, sa.func.count().label("trials")).where(schema.WAITING).group_by(*groups).subquery()
    chosen = sa.select(studies.c.state, counts.c.external, counts.c.trials)
    found: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for row in connection.execute(chosen.join(counts, counts.c.study_id == studies.c.id)):
        found[0][row.state] += row.trials
        found[1][row.state] += 0 if row.external else row.trials
    return found


def _expired(connection: Connection, at: datetime) -> int:
    overdue = sa.select(sa.func.count()).select_from(trials).where(schema.RUNNING, trials.c.deadline < at)
    return int(connection.execute(overdue).scalar_one())


def _deliveries_waiting(connection: Connection) -> int:
    waiting = sa.select(sa.func.count()).select_from(schema.deliveries).where(schema.WAITING)
    return int(connection.execute(waiting).scalar_one())


def _workers(connection: Connection, at: datetime) -> tuple[WorkerGauge, ...]:
    lately = sa.select(workers).where(workers.c.last_seen_at > at - timedelta(hours=WORKER_HOURS))
    rows = connection.execute(lately.order_by(workers.c.last_seen_at.desc(), workers.c.name).limit(MAX_WORKERS)).all()
    return tuple(
        WorkerGauge(
            name=row.name,
            device=row.device,
            version=row.version,
            state=row.state,
            seconds_since_seen=max(0.0, (at - row.last_seen_at).total_seconds()),
            runs_done=row.runs_done,
            lanes=row.lanes,
            images_per_second=row.images_per_second,
        )
        for row in rows
    )
