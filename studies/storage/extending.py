"""Extensions of a study: further trials, or further looks until it decides. Each may be sent again under its key.

The sweeps are locked before anything is asked about the key, so that equal requests wait for the first and find it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.errors import Problem, SpecError, StateError, StudyMovedError
from studies.records import StudyState, TrialPlan
from studies.storage import idempotency, schema
from studies.storage.changing import refuse_others, set_state
from studies.storage.engine import Database, now
from studies.storage.overview import detail_of, find
from studies.storage.planning import add_trials
from studies.storage.read_models import StudyDetail

Plans = Mapping[str, Sequence[TrialPlan]]
sweeps = schema.sweeps


@dataclass(frozen=True, slots=True)
class Once:
    """A request that is carried out once, however often it is sent: its key, and its body in one spelling."""

    key: idempotency.Key
    body: str


def extend(
    database: Database,
    name: str,
    plans: Plans,
    *,
    runs_added: int,
    planned: Mapping[str, int] | None = None,
    actor: str = "",
    only_of: str | None = None,
    once: Once | None = None,
) -> StudyDetail:
    """Append trials to sweeps of a study; one that was complete runs again.

    Args:
        plans: further trials by sweep name.
        runs_added: their trainings together.
        planned: trials that each sweep had when `plans` was made, so that two extensions at once never add the same.
        actor: for the audit list.
        only_of: the submitter whose studies alone may be extended; None: anybody's.
        once: with it, a repeated call changes nothing and gives the study as it is.

    Raises:
        StudyNotFoundError: no study has this name.
        NotSubmitterError: somebody else submitted it.
        StateError: the study is cancelled or failed.
        StudyMovedError: a sweep has other trials than `planned` says.
        SpecError: `plans` names a sweep that the study does not have.
        IdempotencyConflictError: the key was used with another request.
        StorageUnavailableError: the database cannot be reached. Look at the study before calling again.
    """
    work = partial(_extend, name=name, plans=plans, runs_added=runs_added, planned=planned or {})
    return _write_once(database, partial(work, actor=actor, only_of=only_of, once=once))


def was_extended(database: Database, name: str, once: Once) -> bool:
    """True if this very extension was carried out before.

    Raises:
        StudyNotFoundError: no study has this name.
        IdempotencyConflictError: the key was used with another request.
        StorageUnavailableError: the database cannot be reached.
    """
    with database.read() as connection:
        return idempotency.is_used(connection, once.key, _digest(find(connection, name), once))


def grant(
    database: Database,
    name: str,
    runs: int,
    *,
    actor: str = "",
    only_of: str | None = None,
    once: Once | None = None,
) -> StudyDetail:
    """Let a complete study plan up to `runs` further runs, look by look, until it decides; it runs again.

    Whether that makes sense for its design, claim and verdict is asked before (`later_looks.check_grant`). What a
    former grant left unused has lapsed. `actor`, `only_of` and `once` are as in `extend`.

    Raises:
        ValueError: `runs` is below 1.
        StudyNotFoundError: no study has this name.
        NotSubmitterError: somebody else submitted it.
        StateError: the study is not complete.
        IdempotencyConflictError: the key was used with another request.
        StorageUnavailableError: the database cannot be reached. Look at the study before calling again.
    """
    if runs < 1:
        raise ValueError(f"`runs` must be at least 1, got {runs}")
    return _write_once(database, partial(_grant, name=name, runs=runs, actor=actor, only_of=only_of, once=once))


def require_complete(name: str, state: str) -> None:
    """Refuse further looks to a study that has not had its last one.

    Raises:
        StateError: the study is in another state.
    """
    if state != StudyState.COMPLETE:
        raise StateError(f"study {name!r} is {state}; only a complete study can be extended until it decides")


def _write_once(database: Database, work: Callable[[Connection], StudyDetail]) -> StudyDetail:
    try:
        return database.write(work)
    except sa.exc.IntegrityError:  # another call used the key at the same moment: now it can be seen
        return database.write(work)


def _is_repeated(connection: Connection, study: sa.Row[Any], once: Once | None) -> bool:
    """Note the key of a request; True if the request was carried out before. The study's sweeps are locked."""
    if once is None:
        return False
    at = now(connection)
    return not idempotency.use(connection, once.key, _digest(study, once), study=study.name, at=at)


def _digest(study: sa.Row[Any], once: Once) -> str:
    return idempotency.digest_of("extend", study.id, once.body)


def _extend(
    connection: Connection,
    *,
    name: str,
    plans: Plans,
    runs_added: int,
    planned: Mapping[str, int],
    actor: str,
    only_of: str | None,
    once: Once | None,
) -> StudyDetail:
    seen = find(connection, name)
    refuse_others(name, seen.submitted_by, only_of=only_of, verb="extend")
    locked = {row.name: row for row in _lock_sweeps(connection, seen.id)}
    if _is_repeated(connection, seen, once):
        return detail_of(connection, find(connection, name))
    if any(locked[sweep].trials != count for sweep, count in planned.items() if sweep in locked):
        raise StudyMovedError(f"study {name!r} was extended by another request at this moment; try again")
    unknown = sorted(plans.keys() - locked.keys())
    if unknown:
        raise SpecError([Problem("sweeps", f"the study has no sweep {unknown[0]!r}; it has {', '.join(locked)}")])
    for sweep, trials in plans.items():
        add_trials(connection, locked[sweep], trials)
    study = find(connection, name, lock=True)
    if study.state in (StudyState.CANCELLED, StudyState.FAILED):
        raise StateError(f"study {name!r} is {study.state} and cannot be extended; submit a new one")
    count = sum(len(trials) for trials in plans.values())
    added = {
        "trials_total": study.trials_total + count,
        "runs_expected": study.runs_expected + runs_added,
        "finished_at": None,
    }
    state = StudyState.RUNNING if study.state == StudyState.COMPLETE else StudyState(study.state)
    detail = f"{runs_added:,} further runs"
    set_state(connection, study, state, actor=actor, action="extend", values=added, detail=detail)
    return detail_of(connection, find(connection, name))


def _grant(
    connection: Connection, *, name: str, runs: int, actor: str, only_of: str | None, once: Once | None
) -> StudyDetail:
    seen = find(connection, name)
    refuse_others(name, seen.submitted_by, only_of=only_of, verb="extend")
    _lock_sweeps(connection, seen.id)
    if _is_repeated(connection, seen, once):
        return detail_of(connection, find(connection, name))
    study = find(connection, name, lock=True)
    require_complete(name, study.state)
    connection.execute(sa.update(sweeps).where(sweeps.c.study_id == study.id).values(closed=sa.false()))
    values = {"runs_granted": runs, "finished_at": None}
    detail = f"until decided, at most {runs:,} further runs"
    set_state(connection, study, StudyState.RUNNING, actor=actor, action="extend", values=values, detail=detail)
    return detail_of(connection, find(connection, name))


def _lock_sweeps(connection: Connection, study_id: int) -> Sequence[sa.Row[Any]]:
    """The sweeps of a study, locked before the study is: the order of locks."""
    statement = sa.select(sweeps).where(sweeps.c.study_id == study_id).order_by(sweeps.c.id)
    return connection.execute(statement.with_for_update()).all()
