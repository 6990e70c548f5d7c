"""Changes that a caller asks for: create, extend, pause, resume, cancel, delete a study. `overview` reads studies.

Promises
- Each call is one transaction: a study is there with all its sweeps, trials and Optuna studies, or not at all.
- `create` and the state changes may be repeated (a lost connection, a double click): the second call changes nothing.
- Every change is noted in `golden_events` and raises the study's revision.
- A study's name and revision never come again: one that is submitted anew counts from above all that were deleted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.errors import DuplicateStudyError, IdempotencyConflictError, Problem, SpecError, StateError
from studies.language.spec import StudySpec, canonical_json, sweep_name
from studies.records import FINAL_STATES, StudyState, TrialPlan
from studies.storage import audit, fingerprints, leases, mirror, schema
from studies.storage.engine import Database, now
from studies.storage.overview import detail_of, find
from studies.storage.planning import add_trials
from studies.storage.read_models import StudyDetail
from studies.storage.revisions import change_study, delete_study, insert_study

KEY_DAYS = 7  # an Idempotency-Key is remembered so long
Plans = Mapping[str, Sequence[TrialPlan]]

studies, sweeps = schema.studies, schema.sweeps


def sweep_names(spec: StudySpec) -> list[tuple[str, str, str]]:
    """(sweep, loss, context) of every sweep of a study, in order: contexts outer, losses inner."""
    return [(sweep_name(loss, context.name), loss, context.name) for context in spec.contexts for loss in spec.losses]


def create(
    database: Database,
    spec: StudySpec,
    plans: Plans,
    *,
    runs_expected: int,
    idempotency_key: str | None = None,
    submitted_by: str = "",
) -> tuple[StudyDetail, bool]:
    """Store a study with the trials of its first phases.

    Args:
        plans: for each sweep name the trials to begin with, in the order in which they are to be claimed.
        runs_expected: trainings of all phases together, as designed.
        idempotency_key: a client's name for this submission; with it, a repeated call finds the first one's study.
        submitted_by: for the audit list.

    Returns:
        The study, and whether this call made it: False where the same document was submitted before.

    Raises:
        DuplicateStudyError: another document has this name, or an Optuna study of ours would take an existing name.
        IdempotencyConflictError: the key was used with another document.
        StorageUnavailableError: the database cannot be reached.
    """
    unknown = plans.keys() - {name for name, _, _ in sweep_names(spec)}
    if unknown:
        raise ValueError(f"`plans` names sweeps that the study does not have: {sorted(unknown)}")
    work = partial(
        _create, spec=spec, plans=plans, runs_expected=runs_expected, key=idempotency_key, submitted_by=submitted_by
    )
    try:
        return database.write(work)
    except sa.exc.IntegrityError:  # another call created it, or used the key, at the same moment: now it can be seen
        return database.write(work)


def extend(database: Database, name: str, plans: Plans, *, runs_added: int, actor: str = "") -> StudyDetail:
    """Append trials to sweeps of a study; one that was complete runs again.

    Raises:
        StudyNotFoundError: no study has this name.
        StateError: the study is cancelled or failed.
        SpecError: `plans` names a sweep that the study does not have.
        StorageUnavailableError: the database cannot be reached. Look at the study before calling again.
    """
    return database.write(partial(_extend, name=name, plans=plans, runs_added=runs_added, actor=actor))


def grant(database: Database, name: str, runs: int, *, actor: str = "") -> StudyDetail:
    """Let a complete study plan up to `runs` further runs, look by look, until it decides; it runs again.

    Whether that makes sense for its design, claim and verdict is asked before (`later_looks.check_grant`). What a
    former grant left unused has lapsed.

    Raises:
        ValueError: `runs` is below 1.
        StudyNotFoundError: no study has this name.
        StateError: the study is not complete.
        StorageUnavailableError: the database cannot be reached. Look at the study before calling again.
    """
    if runs < 1:
        raise ValueError(f"`runs` must be at least 1, got {runs}")
    return database.write(partial(_grant, name=name, runs=runs, actor=actor))


def pause(database: Database, name: str, *, actor: str = "") -> None:
    """Let workers finish what they hold and claim nothing more of this study.

    Raises:
        StudyNotFoundError: no study has this name.
        StateError: the study has ended.
        StorageUnavailableError: the database cannot be reached.
    """

    def work(connection: Connection) -> None:
        study = find(connection, name, lock=True)
        if study.state == StudyState.PAUSED:
            return
        _refuse_final(study, "paused")
        _set_state(connection, study, StudyState.PAUSED, actor=actor, action="pause")

    database.write(work)


def resume(database: Database, name: str, *, actor: str = "") -> None:
    """Undo `pause`.

    Raises:
        StudyNotFoundError: no study has this name.
        StateError: the study has ended.
        StorageUnavailableError: the database cannot be reached.
    """

    def work(connection: Connection) -> None:
        study = find(connection, name, lock=True)
        if study.state in (StudyState.QUEUED, StudyState.RUNNING):
            return
        _refuse_final(study, "resumed")
        state = StudyState.QUEUED if study.started_at is None else StudyState.RUNNING
        _set_state(connection, study, state, actor=actor, action="resume")

    database.write(work)


def cancel(database: Database, name: str, *, actor: str = "") -> None:
    """End a study for good; results stay, trials that are not final are cancelled and workers drop them.

    Raises:
        StudyNotFoundError: no study has this name.
        StateError: the study has completed or failed.
        StorageUnavailableError: the database cannot be reached.
    """

    def work(connection: Connection) -> None:
        seen = find(connection, name)
        if seen.state == StudyState.CANCELLED:
            return
        at = now(connection)
        _refuse_final(seen, "cancelled")
        leases.cancel_open(connection, seen.id, at=at)  # trials before their study: the order of locks
        study = find(connection, name, lock=True)
        _refuse_final(study, "cancelled")
        leases.cancel_open(connection, study.id, at=at)  # those appended in between
        values = {"finished_at": at, "trials_running": 0}
        _set_state(connection, study, StudyState.CANCELLED, actor=actor, action="cancel", values=values)

    database.write(work)


def delete(database: Database, name: str, *, actor: str = "") -> None:
    """Remove a study with its results and its Optuna studies; workers drop what they hold of it.

    Raises:
        StudyNotFoundError: no study has this name.
        StorageUnavailableError: the database cannot be reached.
    """

    def work(connection: Connection) -> None:
        at = now(connection)
        leases.cancel_open(connection, find(connection, name).id, at=at)
        owned = sa.select(sweeps.c.optuna_study_id).join(studies, studies.c.id == sweeps.c.study_id)
        ids = connection.execute(owned.where(studies.c.name == name).order_by(sweeps.c.optuna_study_id)).scalars()
        mirror.delete_studies(connection, list(ids))
        study = find(connection, name, lock=True)
        delete_study(connection, study)
        fingerprints.forget(connection, study.id)
        audit.note(connection, study.name, actor=actor, action="delete", at=at)

    database.write(work)


def _create(
    connection: Connection, *, spec: StudySpec, plans: Plans, runs_expected: int, key: str | None, submitted_by: str
) -> tuple[StudyDetail, bool]:
    at = now(connection)
    if key is not None:
        _use_key(connection, key, spec, at=at)
    found = connection.execute(sa.select(studies).where(studies.c.name == spec.name)).one_or_none()
    if found is not None:
        if found.spec_hash != spec.spec_hash:
            raise DuplicateStudyError(f"another study is named {spec.name!r}; choose another name or delete that study")
        return detail_of(connection, found), False
    study = _insert_study(connection, spec, plans, runs_expected=runs_expected, submitted_by=submitted_by, at=at)
    for position, names in enumerate(sweep_names(spec)):
        sweep = _insert_sweep(connection, study, position, names=names)
        add_trials(connection, sweep, plans.get(names[0], ()))
    detail = f"{runs_expected:,} runs, document {spec.spec_hash[:12]}"
    audit.note(connection, spec.name, actor=submitted_by, action="submit", at=at, detail=detail)
    return detail_of(connection, study), True


def _use_key(connection: Connection, key: str, spec: StudySpec, *, at: datetime) -> None:
    keys = schema.idempotency_keys
    connection.execute(sa.delete(keys).where(keys.c.created_at < at - timedelta(days=KEY_DAYS)))
    used = connection.execute(sa.select(keys.c.spec_hash, keys.c.study).where(keys.c.key == key)).one_or_none()
    if used is None:
        row = {"key": key, "spec_hash": spec.spec_hash, "study": spec.name, "created_at": at}
        connection.execute(sa.insert(keys).values(**row))
    elif used.spec_hash != spec.spec_hash:
        raise IdempotencyConflictError(
            f"this Idempotency-Key was used for another document (study {used.study!r}); take a new key for a new one"
        )


def _insert_study(
    connection: Connection, spec: StudySpec, plans: Plans, *, runs_expected: int, submitted_by: str, at: datetime
) -> sa.Row[Any]:
    values = {
        "name": spec.name,
        "title": spec.title,
        "spec": canonical_json(spec.model_dump(mode="json")),
        "spec_hash": spec.spec_hash,
        "claim_hash": spec.claim_hash,
        "objective": spec.claim.objective,
        "priority": spec.priority,
        "max_attempts": spec.limits.max_attempts,
        "max_failed_share": spec.limits.max_failed_share,
        "state": StudyState.QUEUED.value,
        "submitted_by": submitted_by,
        "runs_expected": runs_expected,
        "trials_total": sum(len(plan) for plan in plans.values()),
        "created_at": at,
    }
    return insert_study(connection, values)


def _insert_sweep(
    connection: Connection, study: sa.Row[Any], position: int, *, names: tuple[str, str, str]
) -> sa.Row[Any]:
    name, loss, context = names
    full_name = f"{study.name}/{name}"
    if mirror.find_study(connection, full_name) is not None:
        raise DuplicateStudyError(f"an Optuna study is named {full_name!r}; choose another name or delete that study")
    values = {
        "study_id": study.id,
        "position": position,
        "name": name,
        "loss": loss,
        "context": context,
        "optuna_study_id": mirror.create_study(connection, full_name, study.objective),
        "phases": "[]",
    }
    return connection.execute(sa.insert(sweeps).values(**values).returning(sweeps)).one()


def _extend(connection: Connection, *, name: str, plans: Plans, runs_added: int, actor: str) -> StudyDetail:
    locked = {row.name: row for row in _lock_sweeps(connection, find(connection, name).id)}
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
    _set_state(connection, study, state, actor=actor, action="extend", values=added, detail=detail)
    return detail_of(connection, find(connection, name))


def _grant(connection: Connection, *, name: str, runs: int, actor: str) -> StudyDetail:
    _lock_sweeps(connection, find(connection, name).id)
    study = find(connection, name, lock=True)
    if study.state != StudyState.COMPLETE:
        raise StateError(f"study {name!r} is {study.state}; only a complete study can be extended until it decides")
    connection.execute(sa.update(sweeps).where(sweeps.c.study_id == study.id).values(closed=sa.false()))
    values = {"runs_granted": runs, "finished_at": None}
    detail = f"until decided, at most {runs:,} further runs"
    _set_state(connection, study, StudyState.RUNNING, actor=actor, action="extend", values=values, detail=detail)
    return detail_of(connection, find(connection, name))


def _lock_sweeps(connection: Connection, study_id: int) -> Sequence[sa.Row[Any]]:
    """The sweeps of a study, locked before the study is: the order of locks."""
    statement = sa.select(sweeps).where(sweeps.c.study_id == study_id).order_by(sweeps.c.id)
    return connection.execute(statement.with_for_update()).all()


def _refuse_final(study: sa.Row[Any], verb: str) -> None:
    if study.state in FINAL_STATES:
        raise StateError(f"study {study.name!r} is {study.state} and can no longer be {verb}")


def _set_state(
    connection: Connection,
    study: sa.Row[Any],
    state: StudyState,
    *,
    actor: str,
    action: str,
    values: Mapping[str, Any] | None = None,
    detail: str = "",
) -> None:
    """Change a locked study, raise its revision and note the change."""
    change_study(connection, studies.c.id == study.id, state=state.value, **(values or {}))
    audit.note(connection, study.name, actor=actor, action=action, at=now(connection), detail=detail)
