"""The queue of trials: claim, heartbeat, fail, release, reap here, `finish` in `finishing`; one contract for all.

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
from datetime import datetime
from functools import partial
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.records import StudyState
from studies.storage import adaptive, leases, picking, schema
from studies.storage.engine import Database, now
from studies.storage.planning import replicates_of, spec_of
from studies.storage.read_models import Batch, Beat, ClaimedTrial, WorkerStatus
from studies.storage.revisions import change_study

Failure = Literal["raised", "out_of_memory", "timeout", "lost"]


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
    the others share them, across losses. Points that an adaptive sampler still owes are asked for here. Trials of
    external contexts are never among them: `external.lease` hands those out.

    Args:
        worker: name of the claimant, for display.
        limit: the most trials to claim, at least 1.
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
    order = partial(claim_within, worker=worker, limit=limit, lease_seconds=lease_seconds, studies=studies, ahead=ahead)
    return database.write(order)


def heartbeat(
    database: Database, worker: str, held: Mapping[int, int], *, lease_seconds: float, status: WorkerStatus
) -> Beat:
    """Renew the leases of the trials `held` (id to token) and the worker's own row, in one transaction.

    May be called again after a lost connection.

    Returns:
        The trials to drop, and whether to stop claiming.

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
        rows = leases.held(connection, _tokens(trials))
        leases.end_attempts(connection, rows, [f"{kind}: {message}"] * len(rows), at=now(connection))
        return len(rows)

    return database.write(work)


def release(database: Database, trials: Sequence[ClaimedTrial]) -> None:
    """Put held trials back to waiting at once, attempt not counted: what a draining worker does. Lost ones are ignored.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """

    def work(connection: Connection) -> None:
        rows = leases.held(connection, _tokens(trials))
        leases.requeue(connection, rows, error=None, counted=False)

    database.write(work)


def reap(database: Database) -> int:
    """End every lease that ran out and return how many there were. Any number of callers may do so at once.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    return database.write(lambda connection: leases.end_expired(connection, at=now(connection)))


def reap_if_due(database: Database) -> int:
    """`reap`, but nothing is written where no lease ran out: cheap enough for every poll of every worker."""
    with database.read() as connection:
        due = leases.any_expired(connection, at=now(connection))
    return reap(database) if due else 0


def claim_within(
    connection: Connection,
    *,
    worker: str,
    limit: int,
    lease_seconds: float,
    studies: Collection[str] | None,
    ahead: bool = False,
    external: bool = False,
    askers: int = 1,
) -> Batch | None:
    """`claim`, inside the caller's transaction; `external` and `askers` as in `picking.pick`."""
    for study_id, max_attempts in picking.candidates(connection, studies, external=external):
        picked = picking.pick(connection, study_id, limit, max_attempts=max_attempts, external=external, askers=askers)
        if not picked:
            continue  # other claimants hold all that waited
        if ahead and not picking.may_be_early(connection, picked):
            return None
        adaptive.fill(connection, study_id, picked)
        at = now(connection)
        if not _start(connection, study_id, len(picked), at=at):
            continue  # paused or cancelled since
        leases.begin(connection, picked, worker=worker, seconds=lease_seconds, at=at)
        return batch_of(connection, study_id, picked, lease_seconds=lease_seconds)
    return None


def _start(connection: Connection, study_id: int, count: int, *, at: datetime) -> bool:
    study = schema.studies.c
    return change_study(
        connection,
        sa.and_(study.id == study_id, study.state.in_(picking.CLAIMABLE)),
        state=StudyState.RUNNING.value,
        started_at=sa.func.coalesce(study.started_at, at),
        trials_running=study.trials_running + count,
    )


def batch_of(connection: Connection, study_id: int, ids: Sequence[int], *, lease_seconds: float) -> Batch:
    """Trials of one study and context that are leased together, at least one, by number."""
    found = sa.select(schema.studies.c.name, schema.studies.c.spec).where(schema.studies.c.id == study_id)
    study = connection.execute(found).one()
    trial, sweep = schema.trials.c, schema.sweeps.c
    rows = connection.execute(
        sa.select(schema.trials, sweep.name.label("sweep"), sweep.loss)
        .join(schema.sweeps, sweep.id == trial.sweep_id)
        .where(trial.id.in_(ids))
        .order_by(trial.number, trial.id)
    ).all()
    return Batch(
        study=study.name,
        spec=spec_of(study.spec),
        context=rows[0].context,
        block=rows[0].block,
        trials=tuple(claimed(study.name, row) for row in rows),
        lease_seconds=lease_seconds,
    )


def claimed(study: str, row: sa.Row[Any]) -> ClaimedTrial:
    """A trial under lease.

    Args:
        study: its study's name.
        row: of `golden_trials`, with `sweep` and `loss` of its sweep.
    """
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
        block=row.block,
        deadline=row.deadline,
    )


def _tokens(trials: Sequence[ClaimedTrial]) -> dict[int, int]:
    return {trial.id: trial.token for trial in trials}


def _heartbeat(
    connection: Connection, *, worker: str, held: Mapping[int, int], lease_seconds: float, status: WorkerStatus
) -> Beat:
    renewed = leases.renew(connection, held, seconds=lease_seconds)
    workers = schema.workers
    own = workers.c.name == worker
    connection.execute(sa.update(workers).where(own).values(last_seen_at=renewed.at, **asdict(status)))
    drain = connection.execute(sa.select(workers.c.drain).where(own)).scalar_one_or_none()
    return Beat(lost=renewed.lost, stop=renewed.stop, drain=bool(drain))
