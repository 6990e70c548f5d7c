"""What people may change of a study beside its document: notes, tags and the priority in force.

None of them is part of the document or of any hash. `queue.claim` and `external.lease` serve studies by the priority
in force, so that a change of it counts from the next claim on; trials that are held already stay where they are.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.storage import audit, schema
from studies.storage.changing import refuse_others
from studies.storage.engine import Database, now
from studies.storage.overview import detail_of, find
from studies.storage.read_models import StudyDetail
from studies.storage.revisions import change_study

studies = schema.studies


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to be changed; None leaves a part as it is."""

    notes: str | None = None
    tags: Collection[str] | None = None  # all that the study has from now on
    priority: int | None = None


def edit(database: Database, name: str, wanted: Edit, *, actor: str = "", only_of: str | None = None) -> StudyDetail:
    """Change notes, tags or priority of a study in any state. What is so already is no change, and is noted nowhere.

    Args:
        actor: for the audit list.
        only_of: the submitter whose studies alone may be edited; None: anybody's.

    Raises:
        StudyNotFoundError: no study has this name.
        NotSubmitterError: somebody else submitted it.
        StorageUnavailableError: the database cannot be reached.
    """
    return database.write(partial(_edit, name=name, wanted=wanted, actor=actor, only_of=only_of))


def _edit(connection: Connection, *, name: str, wanted: Edit, actor: str, only_of: str | None) -> StudyDetail:
    study = find(connection, name, lock=True)
    refuse_others(name, study.submitted_by, only_of=only_of, verb="edit")
    new = {column: value for column, value in _columns(wanted).items() if value != getattr(study, column)}
    if not new:
        return detail_of(connection, study)
    change_study(connection, studies.c.id == study.id, **new)
    audit.note(connection, name, actor=actor, action="edit", at=now(connection), detail=_said(study, new))
    return detail_of(connection, find(connection, name))


def _columns(wanted: Edit) -> dict[str, Any]:
    columns: dict[str, Any] = {"notes": wanted.notes, "priority": wanted.priority}
    if wanted.tags is not None:
        columns["tags"] = f" {' '.join(sorted(set(wanted.tags)))} " if wanted.tags else ""
    return {name: value for name, value in columns.items() if value is not None}


def _said(study: sa.Row[Any], new: dict[str, Any]) -> str:
    """What changed, for the audit list: of notes only their lengths, since they may be long."""
    parts = []
    if "priority" in new:
        parts.append(f"priority {study.priority} to {new['priority']}")
    if "tags" in new:
        before, after = set(study.tags.split()), set(new["tags"].split())
        gone = [f"without {tag}" for tag in sorted(before - after)]
        parts.append(f"tags: {', '.join([f'with {tag}' for tag in sorted(after - before)] + gone)}")
    if "notes" in new:
        parts.append(f"notes: {len(new['notes']):,} characters, {len(study.notes):,} before")
    return "; ".join(parts)
