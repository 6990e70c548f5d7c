"""The file drawer: how often a claim was put to the test in this database, deleted studies included.

A claim that is tried again under other seeds or names is supported by chance one day. Two claims are the same where
they have the same point and terms; their titles, decoys and primary losses, and the studies' data, may differ.
Every submission notes its claim's digest among the events, which outlive their study. Studies of releases that noted
none are found by their documents, for as long as they are there.
"""

from __future__ import annotations

import hashlib
import json

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.language.claim import Claim
from studies.language.spec import canonical_json
from studies.language.versions import dated
from studies.records import StudyState
from studies.storage import schema
from studies.storage.audit import CLAIM
from studies.storage.engine import Database
from studies.storage.read_models import Drawer

studies, events = schema.studies, schema.events
NO_TERMS = {"title", "decoys", "primary_loss"}  # of a claim: they change neither its point nor what counts as near
_gone = events.alias("gone")
_deleted_later = sa.exists().where(
    _gone.c.study == events.c.study, _gone.c.action == "delete", _gone.c.id > events.c.id
)
_complete = sa.func.coalesce(sa.func.sum(sa.case((studies.c.state == StudyState.COMPLETE.value, 1), else_=0)), 0)


def digest(claim: Claim) -> str:
    """SHA-256 of a claim's point and terms."""
    return hashlib.sha256(canonical_json(claim.model_dump(mode="json", exclude=NO_TERMS)).encode()).hexdigest()


def drawer(database: Database, claim: Claim) -> Drawer:
    """How often this claim was put to the test here.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    noted = (events.c.action == CLAIM, events.c.detail == digest(claim))
    there = sa.select(sa.func.count().label("studies"), _complete.label("complete")).select_from(events)
    there = there.join(studies, studies.c.name == events.c.study).where(*noted, ~_deleted_later)
    deleted = sa.select(sa.func.count()).select_from(events).where(*noted, _deleted_later)
    with database.read() as connection:
        found = connection.execute(there).one()
        old = _never_noted(connection, claim)
        gone = int(connection.execute(deleted).scalar_one())
    total, complete = int(found.studies) + len(old), int(found.complete) + old.count(StudyState.COMPLETE)
    return Drawer(total, complete, gone, _sentence(total, complete, gone))


def _never_noted(connection: Connection, claim: Claim) -> list[str]:
    """States of the studies of this claim that a release without notes stored."""
    if claim.alpha is None:
        return []
    # Documents are stored as canonical JSON, so that those of one momentum weight begin alike.
    begin = canonical_json({"claim": {"alpha": claim.alpha}}).removesuffix("}}")  # releases without notes had no other
    noted = sa.exists().where(events.c.study == studies.c.name, events.c.action == CLAIM, ~_deleted_later)
    alike = sa.select(studies.c.state, studies.c.spec).where(
        sa.func.substr(studies.c.spec, 1, len(begin)) == begin, ~noted
    )
    wanted = digest(claim)
    return [row.state for row in connection.execute(alike) if _tests(row.spec, wanted)]


def _tests(text: str, wanted: str) -> bool:
    """True for a stored document that puts the claim of a digest to the test; one that compares arms tests none.

    The document's claim has the defaults of its version.
    """
    document = dated(json.loads(text))
    return document["design"]["kind"] != "compare" and digest(Claim.model_validate(document["claim"])) == wanted


def _sentence(there: int, complete: int, deleted: int) -> str:
    if there + deleted <= 1:
        return "This claim, by point and terms, is tested by no other study in this database."
    gone = f", and {_studies(deleted)} of it {'was' if deleted == 1 else 'were'} deleted" if deleted else ""
    return (
        f"This claim, by point and terms, is tested by {_studies(there)} in this database, {complete} of them "
        f"complete{gone}. Of many tries some succeed by chance: read them together."
    )


def _studies(count: int) -> str:
    return f"{count:,} {'study' if count == 1 else 'studies'}"
