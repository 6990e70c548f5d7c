"""Leases of trials: claimed, renewed, ended without a result, expired.

A lease is a row of `golden_trials` in the state running with its token, its worker and its deadline on the database's
clock. It ends with a result (`finishing`), or without one: the trial waits again while attempts are left, else it
fails. Every function works inside the caller's transaction, on rows that it locks or that the caller has locked.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.language.sizes import fails_study
from studies.records import StudyState, TrialState
from studies.storage import attempts, audit, mirror
from studies.storage.engine import now
from studies.storage.revisions import change_study, touch_study
from studies.storage.schema import OPEN, RUNNING, studies, trials

MESSAGE_LIMIT = 1900  # characters of an error that are kept
NOTE_LIMIT = 1000  # characters of a study's note, the column's width

_UNLEASED = {"state": TrialState.WAITING.value, "worker": None, "deadline": None}


@dataclass(frozen=True, slots=True)
class Renewal:
    """The outcome of renewing leases, by trial id."""

    lost: frozenset[int]  # held by another claim, or ended
    stop: frozenset[int]  # to be abandoned: their study was cancelled or deleted
    at: datetime  # database's clock
    deadline: datetime | None = None  # the earliest end of the renewed leases; None where none was renewed


def begin(connection: Connection, ids: Collection[int], *, worker: str, seconds: float, at: datetime) -> None:
    """Lease locked waiting trials to a worker; each gets a new token and counts one more attempt."""
    values: dict[str, Any] = {
        "state": TrialState.RUNNING.value,
        "token": trials.c.token + 1,
        "attempt": trials.c.attempt + 1,
        "worker": worker,
        "started_at": at,
        "deadline": at + timedelta(seconds=seconds),
        "lease_seconds": seconds,
    }
    connection.execute(sa.update(trials).where(trials.c.id.in_(ids)).values(**values))


def held(connection: Connection, tokens: Mapping[int, int]) -> list[sa.Row[Any]]:
    """The trials that are still leased under these tokens (by trial id), locked, by ascending id."""
    return [row for row in _lock(connection, trials.c, tokens) if _is_held(row, tokens)]


def renew(connection: Connection, tokens: Mapping[int, int], *, seconds: float | None) -> Renewal:
    """Let the leases that are still held under these tokens (by trial id) end `seconds` from now.

    Args:
        seconds: None: as long from now as each was leased for.
    """
    rows = _lock(connection, (trials.c.id, trials.c.token, trials.c.state, trials.c.lease_seconds), tokens)
    mine = {row.id: row.lease_seconds if seconds is None else seconds for row in rows if _is_held(row, tokens)}
    wanted = {row.id for row in rows if row.state != TrialState.CANCELLED}
    at = now(connection)  # after the locks, which may have to be waited for
    for length in set(mine.values()):
        ids = [trial_id for trial_id, own in mine.items() if own == length]
        deadline = at + timedelta(seconds=length)
        connection.execute(sa.update(trials).where(trials.c.id.in_(ids)).values(deadline=deadline))
    return Renewal(
        lost=frozenset(wanted - mine.keys()),
        stop=frozenset(tokens.keys() - wanted),
        at=at,
        deadline=at + timedelta(seconds=min(mine.values())) if mine else None,
    )


def any_expired(connection: Connection, *, at: datetime) -> bool:
    """True where some lease has expired: one look at the index of leased trials."""
    return connection.execute(sa.select(trials.c.id).where(*_expired(at)).limit(1)).first() is not None


def end_expired(connection: Connection, *, at: datetime) -> int:
    """End every expired lease that no other transaction is ending, and return how many there were."""
    expired = sa.select(trials).where(*_expired(at)).order_by(trials.c.id)
    rows = connection.execute(expired.with_for_update(skip_locked=True)).all()
    errors = [f"lost: worker {row.worker} did not renew its lease" for row in rows]
    end_attempts(connection, rows, errors, at=at)
    return len(rows)


def requeue(connection: Connection, rows: Sequence[sa.Row[Any]], *, error: str | None, counted: bool) -> None:
    """Put leased trials back to waiting.

    Args:
        rows: of `golden_trials`, locked.
        error: why, kept with the trial; None keeps the former one.
        counted: whether the attempt counts against the study's limit.
    """
    if not rows:
        return
    values = {**_UNLEASED, **({} if error is None else {"error": error[:MESSAGE_LIMIT]})}
    statement = sa.update(trials).where(trials.c.id.in_([row.id for row in rows])).values(**values)
    connection.execute(statement if counted else statement.values(attempt=trials.c.attempt - 1))
    for study_id, count in sorted(Counter(row.study_id for row in rows).items()):
        touch_study(connection, study_id, trials_running=-count)


def end_attempts(connection: Connection, rows: Sequence[sa.Row[Any]], errors: Sequence[str], *, at: datetime) -> None:
    """End the attempts of leased trials without a result, each with its error; fail those that have none left."""
    by_study: dict[int, list[tuple[sa.Row[Any], str]]] = defaultdict(list)
    for row, error in zip(rows, errors, strict=True):
        by_study[row.study_id].append((row, error))
    for study_id, pairs in sorted(by_study.items()):
        study = connection.execute(sa.select(studies).where(studies.c.id == study_id)).one()
        again = [pair for pair in pairs if pair[0].attempt < study.max_attempts]
        given_up = [pair for pair in pairs if pair[0].attempt >= study.max_attempts]
        ended, why = zip(*((row, error[:MESSAGE_LIMIT]) for row, error in pairs), strict=True)
        attempts.note(connection, ended, why, {row.id for row, _ in given_up}, at)
        for error in sorted({error for _, error in again}):
            requeue(connection, [row for row, e in again if e == error], error=error, counted=True)
        if given_up:
            _fail(connection, study, given_up, at=at)


def cancel_open(connection: Connection, study_id: int, *, at: datetime) -> None:
    """Cancel every trial of a study that is not final; workers learn it at their next heartbeat."""
    lock_open(connection, study_id)
    values = {"state": TrialState.CANCELLED.value, "deadline": None, "finished_at": at}
    connection.execute(sa.update(trials).where(trials.c.study_id == study_id, OPEN).values(**values))


def lock_open(connection: Connection, study_id: int) -> None:
    """Lock every trial of a study that is not final."""
    open_ids = sa.select(trials.c.id).where(trials.c.study_id == study_id, OPEN).order_by(trials.c.id)
    connection.execute(open_ids.with_for_update()).all()


def fail_study(connection: Connection, study: sa.Row[Any], *, note: str, at: datetime) -> None:
    """Give a study up for the reason that the note states; trials that are not final are cancelled.

    Args:
        study: locked, after its open trials (`lock_open`).
        note: kept with the study, cut where it is long.
        at: database's clock.
    """
    cancel_open(connection, study.id, at=at)
    values = {"state": StudyState.FAILED.value, "note": note[:NOTE_LIMIT], "finished_at": at, "trials_running": 0}
    change_study(connection, studies.c.id == study.id, **values)
    audit.note(connection, study.name, actor="", action="fail", at=at, detail=note)


def _expired(at: datetime) -> tuple[sa.ColumnElement[bool] | sa.TextClause, ...]:
    return RUNNING, trials.c.deadline < at


def _lock(
    connection: Connection, columns: Iterable[sa.ColumnElement[Any]], ids: Collection[int]
) -> Sequence[sa.Row[Any]]:
    statement = sa.select(*columns).where(trials.c.id.in_(ids)).order_by(trials.c.id)
    return connection.execute(statement.with_for_update()).all()


def _is_held(row: sa.Row[Any], tokens: Mapping[int, int]) -> bool:
    return bool(row.state == TrialState.RUNNING and row.token == tokens[row.id])


def _fail(
    connection: Connection, study: sa.Row[Any], pairs: Sequence[tuple[sa.Row[Any], str]], *, at: datetime
) -> None:
    for row, error in pairs:
        values = {"state": TrialState.FAILED.value, "deadline": None, "finished_at": at, "error": error[:MESSAGE_LIMIT]}
        connection.execute(sa.update(trials).where(trials.c.id == row.id).values(**values))
    mirror.mirror_failures(connection, study, [row for row, _ in pairs], at=at)
    touch_study(connection, study.id, trials_running=-len(pairs), trials_failed=len(pairs))
    counts = connection.execute(sa.select(studies).where(studies.c.id == study.id)).one()
    if fails_study(counts.trials_failed, counts.trials_total, counts.max_failed_share):
        first_line = pairs[-1][1].strip().split("\n")[0][:300]
        note = f"{counts.trials_failed} of {counts.trials_total} trials failed; the latest: {first_line}"
        fail_study(connection, counts, note=note, at=at)
