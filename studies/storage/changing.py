"""The parts that changes of a study share: who may, whether its state allows it, and the note of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.errors import NotSubmitterError, StateError
from studies.records import FINAL_STATES, StudyState
from studies.storage import audit, schema
from studies.storage.engine import now
from studies.storage.revisions import change_study

NAMELESS = frozenset({"", "local", "session"})  # noted as submitters by services without named tokens


def refuse_others(name: str, submitted_by: str, *, only_of: str | None, verb: str) -> None:
    """Refuse what only the submitter of a study and admins may do; `only_of` is None for an admin.

    Raises:
        NotSubmitterError: somebody else submitted the study; the message names who may.
    """
    if only_of is None or submitted_by == only_of:
        return
    named = submitted_by not in NAMELESS
    who = f"only {submitted_by} or an admin" if named else "no caller submitted it by name, so only an admin"
    raise NotSubmitterError(f"you may not {verb} study {name!r}: {who} may")


def refuse_final(study: sa.Row[Any], verb: str) -> None:
    """Refuse what cannot be done to a study that has ended.

    Raises:
        StateError: it has.
    """
    if study.state in FINAL_STATES:
        raise StateError(f"study {study.name!r} is {study.state} and can no longer be {verb}")


def set_state(
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
    change_study(connection, schema.studies.c.id == study.id, state=state.value, **(values or {}))
    audit.note(connection, study.name, actor=actor, action=action, at=now(connection), detail=detail)
