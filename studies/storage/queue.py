"""The queue of trials: claim, heartbeat, finish, fail, release, reap.

Promises
- A trial is held by one claim at a time. A claim raises the trial's token; every later write of the claimant is
  conditional on that token, so a claimant whose lease ran out cannot disturb its successor.
- Leases are counted on the database's clock. A lease that is not renewed ends: `reap` (run by the service, by `claim`
  and by anyone) puts the trial back or, with its attempts exhausted, fails it. Attempts are counted at the claim, so a
  trial that kills its worker runs out of them too.
- `finish` records results exactly once: runs, value, counters and Optuna's rows are one transaction. It may be called
  again after a lost connection.
- One trial cannot spend the attempts of others: trials whose earlier attempt failed are claimed in smaller stacks of
  their own kind, and alone when it is their last.
- A diverged run is a result, never a failure.
- Claiming costs the same with any number of finished trials behind it: it reads partial indexes of the waiting ones.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.records import StudyState, TrialState
from studies.storage import adaptive, leases, schema
from studies.storage.engine import Database, now
from studies.storage.finishing import finish
from studies.storage.planning import replicates_of, spec_of
from studies.storage.records import Batch, Beat, ClaimedTrial, WorkerStatus

__all__ = ["claim", "fail", "fail_together", "finish", "heartbeat", "reap", "reap_if_due", "release"]

Failure = Literal["raised", "out_of_memory", "timeout", "lost"]

SHRINK = 8  # a stack of trials that failed once is so much smaller, twice its square

_T = schema.trials
_S = schema.studies
_STACKABLE = ("context", "block", "runs", "attempt")  # what the trials of a stack have in common
_CLAIMABLE = (StudyState.QUEUED.value, StudyState.RUNNING.value)


def claim(
    database: Database,
    *,
    worker: str,
    limit: int,
    lease_seconds: float,
    studies: Collection[str] | None = None,
    ahead: bool = False,
) -> Batch | None:
    """Lease up to `limit` waiting trials that can be trained as one stack.

    The first waiting trial, by study priority, study age and place in its sweep, decides the context and block;
    the others share them, across losses. Points that an adaptive sampler still owes are asked for here.

    Args:
        worker: name of the claimant, for display.
        limit: at most so many trials, at least 1.
        lease_seconds: until when the claimant must heartbeat, from now on the database's clock.
        studies: only these studies, by name; None: any.
        ahead: the claimant still trains another batch. It gets nothing where the next trials are better claimed when
            it is done: those whose sampler is still to be asked, and those of which an attempt failed before.

    Returns:
        None where nothing waits. After a lost connection, call again: a claim that did go through runs out unused.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    if limit < 1:
        raise ValueError(f"`limit` must be at least 1, got {limit}")
    reap_if_due(database)
    order = partial(_claim, worker=worker, limit=limit, lease_seconds=lease_seconds, studies=studies, ahead=ahead)
    return database.write(order)


def heartbeat(
    database: Database, worker: str, held: Mapping[int, int], *, lease_seconds: float, status: WorkerStatus
) -> Beat:
    """Renew the leases of the trials `held` (id to token) and the worker's own row, in one transaction.

    Returns:
        Which of them to drop, and whether to stop claiming. May be called again after a lost connection.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    return database.write(partial(_heartbeat, worker=worker, held=held, lease_seconds=lease_seconds, status=status))


def fail(database: Database, trial: ClaimedTrial, *, kind: Failure, message: str) -> bool:
    """End an attempt without a result: the trial waits again, or fails when its attempts are exhausted.

    Returns:
        False where the lease was lost before; nothing is changed then.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    return fail_together(database, (trial,), kind=kind, message=message) == 1


def fail_together(database: Database, trials: Sequence[ClaimedTrial], *, kind: Failure, message: str) -> int:
    """`fail` for trials that ended by one cause, in one transaction; returns how many were still held."""

    def work(connection: Connection) -> int:
        rows = _held(connection, {trial.id: trial.token for trial in trials})
        leases.end_attempts(connection, rows, [f"{kind}: {message}"] * len(rows), at=now(connection))
        return len(rows)

    return database.write(work)


def release(database: Database, trials: Sequence[ClaimedTrial]) -> None:
    """Put held trials back to waiting at once, attempt not counted: what a draining worker does. Lost ones are ignored.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """

    def work(connection: Connection) -> None:
        rows = _held(connection, {trial.id: trial.token for trial in trials})
        leases.requeue(connection, rows, error=None, counted=False)

    database.write(work)


def reap(database: Database) -> int:
    """End every lease that ran out and return how many there were. Any number of callers may do so at once.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    return database.write(_reap)


def reap_if_due(database: Database) -> int:
    """`reap`, but nothing is written where no lease ran out: cheap enough for every poll of every worker."""
    return reap(database) if _any_expired(database) else 0


def _claim(
    connection: Connection,
    *,
    worker: str,
    limit: int,
    lease_seconds: float,
    studies: Collection[str] | None,
    ahead: bool,
) -> Batch | None:
    for study_id, max_attempts in _candidates(connection, studies):
        picked = _pick(connection, study_id, limit, max_attempts=max_attempts)
        if not picked:
            continue  # other claimants hold all that waited
        if ahead and not _in_no_hurry(connection, picked):
            return None
        adaptive.fill(connection, study_id, picked)
        at = now(connection)
        if not _start(connection, study_id, len(picked), at=at):
            continue  # paused or cancelled since
        values: dict[str, Any] = {
            "state": TrialState.RUNNING.value,
            "token": _T.c.token + 1,
            "attempt": _T.c.attempt + 1,
            "worker": worker,
            "started_at": at,
            "deadline": at + timedelta(seconds=lease_seconds),
        }
        connection.execute(sa.update(_T).where(_T.c.id.in_(picked)).values(**values))
        return _batch(connection, study_id, picked, lease_seconds=lease_seconds)
    return None


def _candidates(connection: Connection, names: Collection[str] | None) -> list[tuple[int, int]]:
    """Ids of the studies that wait, those to be served first in front, each with its `max_attempts`."""
    waits = sa.select(sa.literal(1)).where(_T.c.study_id == _S.c.id, schema.WAITING).exists()
    statement = sa.select(_S.c.id, _S.c.max_attempts).where(_S.c.state.in_(_CLAIMABLE), waits)
    if names is not None:
        statement = statement.where(_S.c.name.in_(names))
    rows = connection.execute(statement.order_by(_S.c.priority.desc(), _S.c.id))
    return [(row.id, row.max_attempts) for row in rows]


def _pick(connection: Connection, study_id: int, limit: int, *, max_attempts: int) -> list[int]:
    first = connection.execute(head_of(study_id)).one_or_none()
    if first is None:
        return []
    limit = stack_limit(limit, failed=first.attempt, max_attempts=max_attempts)
    return list(connection.execute(stack_of(study_id, first, limit)).scalars())


def _in_no_hurry(connection: Connection, picked: Sequence[int]) -> bool:
    """Whether these trials may as well be claimed early: their points are fixed, and none failed before."""
    late = sa.select(_T.c.id).where(_T.c.id.in_(picked), sa.or_(_T.c.eta.is_(None), _T.c.attempt > 0))
    return connection.execute(late.limit(1)).first() is None


def stack_limit(limit: int, *, failed: int, max_attempts: int) -> int:
    """How many trials that failed so often may share a stack: whatever killed it is to be found, not spread."""
    if failed == 0:
        return limit
    return 1 if failed >= max_attempts - 1 else max(1, limit // SHRINK**failed)


def head_of(study_id: int) -> sa.Select[Any]:
    """The waiting trial of a study that is to be claimed next."""
    columns = [_T.c[name] for name in _STACKABLE]
    waiting = sa.select(*columns).where(_T.c.study_id == study_id, schema.WAITING)
    return waiting.order_by(_T.c.number, _T.c.id).limit(1).with_for_update(skip_locked=True)


def stack_of(study_id: int, head: sa.Row[Any], limit: int) -> sa.Select[Any]:
    """Waiting trials that share context, block, number of runs and of failed attempts with `head`, itself included."""
    same = [_T.c[name] == getattr(head, name) for name in _STACKABLE]
    waiting = sa.select(_T.c.id).where(_T.c.study_id == study_id, *same, schema.WAITING)
    return waiting.order_by(_T.c.number, _T.c.id).limit(limit).with_for_update(skip_locked=True)


def _start(connection: Connection, study_id: int, count: int, *, at: datetime) -> bool:
    changed = connection.execute(
        sa.update(_S)
        .where(_S.c.id == study_id, _S.c.state.in_(_CLAIMABLE))
        .values(
            state=StudyState.RUNNING.value,
            started_at=sa.func.coalesce(_S.c.started_at, at),
            revision=_S.c.revision + 1,
            trials_running=_S.c.trials_running + count,
        )
    )
    return changed.rowcount == 1


def _batch(connection: Connection, study_id: int, ids: Sequence[int], *, lease_seconds: float) -> Batch:
    study = connection.execute(sa.select(_S.c.name, _S.c.spec).where(_S.c.id == study_id)).one()
    sweeps = schema.sweeps.c
    rows = connection.execute(
        sa.select(_T, sweeps.name.label("sweep"), sweeps.loss)
        .join(schema.sweeps, sweeps.id == _T.c.sweep_id)
        .where(_T.c.id.in_(ids))
        .order_by(_T.c.number, _T.c.id)
    ).all()
    return Batch(
        study=study.name,
        spec=spec_of(study.spec),
        context=rows[0].context,
        block=rows[0].block,
        trials=tuple(_claimed(study.name, row) for row in rows),
        lease_seconds=lease_seconds,
    )


def _claimed(study: str, row: sa.Row[Any]) -> ClaimedTrial:
    return ClaimedTrial(
        id=row.id,
        token=row.token,
        study=study,
        sweep=row.sweep,
        loss=row.loss,
        number=row.number,
        attempt=row.attempt,
        phase=row.phase,
        arm=row.arm,
        eta=row.eta,
        alpha=row.alpha,
        replicates=replicates_of(row.replicates),
    )


def _held(connection: Connection, held: Mapping[int, int]) -> list[sa.Row[Any]]:
    """Locked rows of the trials that are still running under these tokens."""
    locked = sa.select(_T).where(_T.c.id.in_(held)).order_by(_T.c.id).with_for_update()
    rows = connection.execute(locked).all()
    return [row for row in rows if row.state == TrialState.RUNNING and row.token == held[row.id]]


def _heartbeat(
    connection: Connection, *, worker: str, held: Mapping[int, int], lease_seconds: float, status: WorkerStatus
) -> Beat:
    locked = sa.select(_T.c.id, _T.c.token, _T.c.state).where(_T.c.id.in_(held)).order_by(_T.c.id).with_for_update()
    rows = connection.execute(locked).all()
    mine = {row.id for row in rows if row.state == TrialState.RUNNING and row.token == held[row.id]}
    kept = {row.id for row in rows if row.state != TrialState.CANCELLED}
    at = now(connection)
    deadline = at + timedelta(seconds=lease_seconds)
    if mine:
        connection.execute(sa.update(_T).where(_T.c.id.in_(mine)).values(deadline=deadline))
    row = schema.workers
    connection.execute(sa.update(row).where(row.c.name == worker).values(last_seen_at=at, **asdict(status)))
    drain = connection.execute(sa.select(row.c.drain).where(row.c.name == worker)).scalar_one_or_none()
    return Beat(lost=frozenset(kept - mine), stop=frozenset(held.keys() - kept), drain=bool(drain))


def _any_expired(database: Database) -> bool:
    with database.read() as connection:
        expired = sa.select(_T.c.id).where(schema.RUNNING, _T.c.deadline < now(connection)).limit(1)
        return connection.execute(expired).first() is not None


def _reap(connection: Connection) -> int:
    at = now(connection)
    expired = sa.select(_T).where(schema.RUNNING, _T.c.deadline < at).order_by(_T.c.id)
    rows = connection.execute(expired.with_for_update(skip_locked=True)).all()
    errors = [f"lost: worker {row.worker} did not renew its lease" for row in rows]
    leases.end_attempts(connection, rows, errors, at=at)
    return len(rows)
