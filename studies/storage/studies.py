"""Changes that a caller asks for: create, extend, pause, resume, cancel, delete a study. `overview` reads studies.

Promises
- Each call is one transaction: a study is there with all its sweeps, trials and Optuna studies, or not at all.
- `create` and the state changes may be repeated (a lost connection, a double click): the second call changes nothing.
- Every change is noted in `golden_events` and raises the study's revision.
- A study's name and revision never come again: one that is submitted anew counts from above all that were deleted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.errors import DuplicateStudyError, SpecError
from studies.language.differing import differing
from studies.language.spec import StudySpec, canonical_json, sweep_name
from studies.records import StudyState, TrialPlan
from studies.storage import audit, drawer, fingerprints, idempotency, leases, mirror, schema
from studies.storage.changing import refuse_final, refuse_others, set_state
from studies.storage.engine import Database, now
from studies.storage.extending import Once as Once
from studies.storage.extending import extend as extend
from studies.storage.extending import grant as grant
from studies.storage.extending import was_extended as was_extended
from studies.storage.overview import detail_of, find
from studies.storage.planning import add_trials, spec_of
from studies.storage.read_models import StudyDetail
from studies.storage.revisions import delete_study, insert_study

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
        submitted_by: name of the caller; the key, the study and the audit list are this caller's.

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
    key = None if idempotency_key is None else idempotency.Key(idempotency_key, submitted_by)
    work = partial(_create, spec=spec, plans=plans, runs_expected=runs_expected, key=key, submitted_by=submitted_by)
    try:
        return database.write(work)
    except sa.exc.IntegrityError:  # another call created it, or used the key, at the same moment: now it can be seen
        return database.write(work)


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
        refuse_final(study, "paused")
        set_state(connection, study, StudyState.PAUSED, actor=actor, action="pause")

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
        refuse_final(study, "resumed")
        state = StudyState.QUEUED if study.started_at is None else StudyState.RUNNING
        set_state(connection, study, state, actor=actor, action="resume")

    database.write(work)


def cancel(database: Database, name: str, *, actor: str = "", only_of: str | None = None) -> None:
    """End a study for good; results stay, trials that are not final are cancelled and workers drop them.

    Args:
        actor: for the audit list.
        only_of: the submitter whose studies alone may be cancelled; None: anybody's.

    Raises:
        StudyNotFoundError: no study has this name.
        NotSubmitterError: somebody else submitted it.
        StateError: the study has completed or failed.
        StorageUnavailableError: the database cannot be reached.
    """

    def work(connection: Connection) -> None:
        seen = find(connection, name)
        refuse_others(name, seen.submitted_by, only_of=only_of, verb="cancel")
        if seen.state == StudyState.CANCELLED:
            return
        at = now(connection)
        refuse_final(seen, "cancelled")
        leases.cancel_open(connection, seen.id, at=at)  # trials before their study: the order of locks
        study = find(connection, name, lock=True)
        refuse_others(name, study.submitted_by, only_of=only_of, verb="cancel")
        refuse_final(study, "cancelled")
        leases.cancel_open(connection, study.id, at=at)  # those appended in between
        values = {"finished_at": at, "trials_running": 0}
        set_state(connection, study, StudyState.CANCELLED, actor=actor, action="cancel", values=values)

    database.write(work)


def delete(database: Database, name: str, *, actor: str = "", only_of: str | None = None) -> None:
    """Remove a study with its results and its Optuna studies; workers drop what they hold of it.

    Args:
        actor: for the audit list.
        only_of: the submitter whose studies alone may be deleted; None: anybody's.

    Raises:
        StudyNotFoundError: no study has this name.
        NotSubmitterError: somebody else submitted it.
        StorageUnavailableError: the database cannot be reached.
    """

    def work(connection: Connection) -> None:
        at = now(connection)
        seen = find(connection, name)
        refuse_others(name, seen.submitted_by, only_of=only_of, verb="delete")
        leases.cancel_open(connection, seen.id, at=at)
        owned = sa.select(sweeps.c.optuna_study_id).join(studies, studies.c.id == sweeps.c.study_id)
        ids = connection.execute(owned.where(studies.c.name == name).order_by(sweeps.c.optuna_study_id)).scalars()
        mirror.delete_studies(connection, list(ids))
        study = find(connection, name, lock=True)
        refuse_others(name, study.submitted_by, only_of=only_of, verb="delete")
        delete_study(connection, study)
        fingerprints.forget(connection, study.id)
        audit.note(connection, study.name, actor=actor, action="delete", at=at)

    database.write(work)


def _create(
    connection: Connection,
    *,
    spec: StudySpec,
    plans: Plans,
    runs_expected: int,
    key: idempotency.Key | None,
    submitted_by: str,
) -> tuple[StudyDetail, bool]:
    at = now(connection)
    if key is not None:
        idempotency.use(connection, key, spec.spec_hash, study=spec.name, at=at)
    found = connection.execute(sa.select(studies).where(studies.c.name == spec.name)).one_or_none()
    if found is not None:
        if found.spec_hash != spec.spec_hash:
            raise DuplicateStudyError(_taken(spec, found.spec), "rename this one or delete that study")
        return detail_of(connection, found), False
    study = _insert_study(connection, spec, plans, runs_expected=runs_expected, submitted_by=submitted_by, at=at)
    for position, names in enumerate(sweep_names(spec)):
        sweep = _insert_sweep(connection, study, spec, position, names=names)
        add_trials(connection, sweep, plans.get(names[0], ()))
    detail = f"{runs_expected:,} runs, document {spec.spec_hash[:12]}"
    audit.note(connection, spec.name, actor=submitted_by, action="submit", at=at, detail=detail)
    if not spec.compares:  # it claims nothing
        claimed = drawer.digest(spec.claim)
        audit.note(connection, spec.name, actor=submitted_by, action=audit.CLAIM, at=at, detail=claimed)
    return detail_of(connection, study), True


def _taken(spec: StudySpec, there: str) -> str:
    """That a name is another study's, and in which fields the two differ."""
    different = ""
    with suppress(SpecError):  # a document that only a later release can read
        different = differing(spec_of(there), spec)
    return f"another study is named {spec.name!r}{f' ({different})' if different else ''}"


def _insert_study(
    connection: Connection, spec: StudySpec, plans: Plans, *, runs_expected: int, submitted_by: str, at: datetime
) -> sa.Row[Any]:
    values = {
        "name": spec.name,
        "title": spec.title,
        "spec": canonical_json(spec.model_dump(mode="json")),
        "spec_hash": spec.spec_hash,
        "claim_hash": spec.claim_hash,
        "objective": spec.claim.objective if spec.compared is None else spec.compared.tuned_by,
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
    connection: Connection, study: sa.Row[Any], spec: StudySpec, position: int, *, names: tuple[str, str, str]
) -> sa.Row[Any]:
    name, loss, context = names
    full_name = f"{study.name}/{name}"
    if mirror.find_study(connection, full_name) is not None:
        raise DuplicateStudyError(f"an Optuna study is named {full_name!r}", "choose another name or delete that study")
    values = {
        "study_id": study.id,
        "position": position,
        "name": name,
        "loss": loss,
        "context": context,
        "optuna_study_id": mirror.create_study(connection, full_name, spec.metric, maximise=spec.maximises),
        "phases": "[]",
        "external": spec.measure_of(context) is not None,
    }
    return connection.execute(sa.insert(sweeps).values(**values).returning(sweeps)).one()
