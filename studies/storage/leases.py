"""How a lease ends without a result: back to waiting while attempts are left, else failed.

Every function here works on locked rows of `golden_trials` inside the caller's transaction.

Leases are given and renewed in `queue.py` (`claim`, `heartbeat`); `worker/lease.py` is the worker's thread that renews.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.records import StudyState, TrialState
from studies.storage import audit, mirror, schema
from studies.storage.planning import space_of, spec_of

MESSAGE_LIMIT = 1900  # characters of an error that are kept

_T = schema.trials
_FREE = {"state": TrialState.WAITING.value, "worker": None, "deadline": None}


def requeue(connection: Connection, rows: Sequence[sa.Row[Any]], *, error: str | None, counted: bool) -> None:
    """Put running trials back to waiting; `counted` says whether the attempt counts against the limit."""
    if not rows:
        return
    values = {**_FREE, **({} if error is None else {"error": error[:MESSAGE_LIMIT]})}
    statement = sa.update(_T).where(_T.c.id.in_([row.id for row in rows])).values(**values)
    connection.execute(statement if counted else statement.values(attempt=_T.c.attempt - 1))
    for study_id, count in sorted(Counter(row.study_id for row in rows).items()):
        touch_study(connection, study_id, trials_running=-count)


def end_attempts(connection: Connection, rows: Sequence[sa.Row[Any]], errors: Sequence[str], *, at: datetime) -> None:
    """End the attempts of running trials without a result, each with its error; fail those that have none left."""
    by_study: dict[int, list[tuple[sa.Row[Any], str]]] = defaultdict(list)
    for row, error in zip(rows, errors, strict=True):
        by_study[row.study_id].append((row, error))
    for study_id, pairs in sorted(by_study.items()):
        limits = connection.execute(sa.select(schema.studies).where(schema.studies.c.id == study_id)).one()
        again = [pair for pair in pairs if pair[0].attempt < limits.max_attempts]
        given_up = [pair for pair in pairs if pair[0].attempt >= limits.max_attempts]
        for error in sorted({error for _, error in again}):
            requeue(connection, [row for row, e in again if e == error], error=error, counted=True)
        if given_up:
            _fail(connection, limits, given_up, at=at)


def touch_study(connection: Connection, study_id: int, **added: int) -> None:
    """Raise a study's revision and add to its counters."""
    columns = schema.studies.c
    values = {name: columns[name] + amount for name, amount in added.items()}
    connection.execute(
        sa.update(schema.studies).where(columns.id == study_id).values(revision=columns.revision + 1, **values)
    )


def cancel_open(connection: Connection, study_id: int, *, at: datetime) -> None:
    """Cancel every trial of a study that is not final; workers learn it at their next heartbeat."""
    open_ids = sa.select(_T.c.id).where(_T.c.study_id == study_id, schema.OPEN).order_by(_T.c.id).with_for_update()
    connection.execute(open_ids).all()
    values = {"state": TrialState.CANCELLED.value, "deadline": None, "finished_at": at}
    connection.execute(sa.update(_T).where(_T.c.study_id == study_id, schema.OPEN).values(**values))


def _fail(
    connection: Connection, study: sa.Row[Any], pairs: Sequence[tuple[sa.Row[Any], str]], *, at: datetime
) -> None:
    for row, error in pairs:
        values = {"state": TrialState.FAILED.value, "deadline": None, "finished_at": at, "error": error[:MESSAGE_LIMIT]}
        connection.execute(sa.update(_T).where(_T.c.id == row.id).values(**values))
    _mirror_failures(connection, study, [row for row, _ in pairs], at=at)
    touch_study(connection, study.id, trials_running=-len(pairs), trials_failed=len(pairs))
    counts = connection.execute(sa.select(schema.studies).where(schema.studies.c.id == study.id)).one()
    if counts.trials_failed > counts.max_failed_share * counts.trials_total:
        _fail_study(connection, counts, error=pairs[-1][1], at=at)


def _fail_study(connection: Connection, study: sa.Row[Any], *, error: str, at: datetime) -> None:
    """Give a study up: it has failed more trials than it allows."""
    first_line = error.strip().split("\n")[0][:300]
    note = f"{study.trials_failed} of {study.trials_total} trials failed; the latest: {first_line}"
    cancel_open(connection, study.id, at=at)
    values = {"state": StudyState.FAILED.value, "note": note, "finished_at": at, "trials_running": 0}
    connection.execute(sa.update(schema.studies).where(schema.studies.c.id == study.id).values(**values))
    audit.note(connection, study.name, actor="", action="fail", at=at, detail=note)


def _mirror_failures(connection: Connection, study: sa.Row[Any], rows: Sequence[sa.Row[Any]], *, at: datetime) -> None:
    by_sweep: dict[int, list[mirror.MirroredTrial]] = defaultdict(list)
    for row in rows:
        if row.eta is not None:
            by_sweep[row.sweep_id].append(mirrored(row, value=None, curve=(), diverged=0, at=at))
    mirror_trials(connection, study, by_sweep)


def mirrored(
    row: sa.Row[Any], *, value: float | None, curve: Sequence[float], diverged: int, at: datetime
) -> mirror.MirroredTrial:
    """A final trial for Optuna's tables."""
    attributes = {
        "phase": row.phase,
        "arm": row.arm,
        "block": row.block,
        "runs": 0 if value is None else row.runs,
        "diverged": diverged,
    }
    return mirror.MirroredTrial(
        number=row.number,
        eta=row.eta,
        alpha=row.alpha,
        value=value,
        curve=curve,
        attributes=attributes,
        started_at=row.started_at,
        finished_at=at,
    )


def mirror_trials(connection: Connection, study: sa.Row[Any], by_sweep: dict[int, list[mirror.MirroredTrial]]) -> None:
    """Write final trials of one study into its Optuna studies, making again any that somebody deleted."""
    s = schema.sweeps.c
    box = spec_of(study.spec).search_space
    sweeps = connection.execute(sa.select(schema.sweeps).where(s.id.in_(by_sweep)).order_by(s.optuna_study_id)).all()
    for sweep in sweeps:
        space = space_of(sweep.space) or box
        if not mirror.add_trials(connection, sweep.optuna_study_id, by_sweep[sweep.id], space=space):
            new_id = mirror.create_study(connection, f"{study.name}/{sweep.name}", study.objective)
            connection.execute(sa.update(schema.sweeps).where(s.id == sweep.id).values(optuna_study_id=new_id))
            mirror.add_trials(connection, new_id, by_sweep[sweep.id], space=space)
