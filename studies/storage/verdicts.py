"""Verdicts on ended studies, kept as text, so that a restart makes none of them anew.

A kept verdict is given only for the very content that it was made from. The id and the revision of a study name its
content (`revisions`); the claim's hash, the analysis version and the number of looks must agree besides, and the body
must have the digest that was stored with it, which is of the analysis' edition as well. There is one row for each study
and objective, and the rows go with their study. Nothing else depends on this table: without its rows the same verdicts
are made again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.records import FINAL_STATES
from studies.storage import schema
from studies.storage.engine import Database
from studies.storage.planning import spec_of

BODY_LIMIT = 32 * 1024 * 1024  # characters; the largest study's verdict has 31 million (docs/performance.md)
EDITIONS = {5: 2}  # of analyses that were mended before their release: verdicts kept under an earlier one are not given
studies, sweeps, verdicts = schema.studies, schema.sweeps, schema.verdicts
_ENDED = studies.c.state.in_(sorted(FINAL_STATES))
_UPSERT = sa.text(
    "INSERT INTO golden_verdicts "
    "(study_id, objective, judged_revision, claim_hash, analysis_version, looks, digest, body) VALUES "
    "(:study_id, :objective, :judged_revision, :claim_hash, :analysis_version, :looks, :digest, :body) "
    "ON CONFLICT (study_id, objective) DO UPDATE SET judged_revision = excluded.judged_revision, "
    "claim_hash = excluded.claim_hash, analysis_version = excluded.analysis_version, looks = excluded.looks, "
    "digest = excluded.digest, body = excluded.body"
)


@dataclass(frozen=True, slots=True)
class KeptVerdict:
    """A verdict as text, with the claim, the objective and the analysis that it must be by."""

    claim_hash: str
    objective: str
    analysis_version: int
    body: str


def find(database: Database, study_id: int, revision: int, *, objective: str | None) -> KeptVerdict | None:
    """The verdict that was kept for a study as it is now; None where there is none, or where the study has not ended.

    Only verdicts under the analysis of the study's own document are given.

    Args:
        study_id: the study.
        revision: of its content.
        objective: that the verdict is by; None: the claim's own.

    Raises:
        ValueError: the study's document cannot be read.
        StorageUnavailableError: the database cannot be reached.
    """
    looks = sa.select(sa.func.sum(sweeps.c.rounds + 1)).where(sweeps.c.study_id == studies.c.id).scalar_subquery()
    kept = sa.select(verdicts, studies.c.spec).join_from(verdicts, studies)
    kept = kept.where(
        studies.c.id == study_id,
        studies.c.revision == revision,
        _ENDED,
        verdicts.c.objective == (studies.c.objective if objective is None else objective),
        verdicts.c.judged_revision == studies.c.revision,
        verdicts.c.looks == looks,
    )
    with database.read() as connection:
        row = connection.execute(kept).one_or_none()
    if row is None or not isinstance(row.body, str) or row.digest != _digest(row.body, row.analysis_version):
        return None
    # As the document is read now: `golden_studies` has the hash of its time, before a field was added, perhaps.
    spec = spec_of(row.spec)
    if (row.claim_hash, row.analysis_version) != (spec.claim_hash, spec.analysis_version):
        return None
    return KeptVerdict(row.claim_hash, row.objective, row.analysis_version, row.body)


def keep(
    database: Database,
    study_id: int,
    revision: int,
    *,
    objective: str,
    claim_hash: str,
    analysis_version: int,
    looks: int,
    body: str,
) -> bool:
    """Keep the verdict on an ended study instead of the one kept before; may be called again.

    Args:
        study_id: the study.
        revision: of the content from which the verdict was made.
        objective: that the verdict is by.
        claim_hash: of the claim that was judged.
        analysis_version: under which it was judged.
        looks: of all sweeps together.
        body: the verdict.

    Returns:
        Whether it is kept: False where the study is another by now, is being changed, or has not ended, and where the
        body is longer than `BODY_LIMIT`.

    Raises:
        StorageUnavailableError: the database cannot be reached, or takes no changes.
    """
    if len(body) > BODY_LIMIT:
        return False
    row = {
        "study_id": study_id,
        "objective": objective,
        "judged_revision": revision,
        "claim_hash": claim_hash,
        "analysis_version": analysis_version,
        "looks": looks,
        "digest": _digest(body, analysis_version),
        "body": body,
    }
    still_there = sa.select(studies.c.id).where(studies.c.id == study_id, studies.c.revision == revision, _ENDED)
    # Who holds the row changes or deletes the study: there is nothing to wait for.
    still_there = still_there.with_for_update(read=True, key_share=True, skip_locked=True)

    def work(connection: Connection) -> bool:
        if connection.execute(still_there).one_or_none() is None:
            return False
        connection.execute(_UPSERT, row)
        return True

    return database.write(work)


def _digest(body: str, analysis_version: int) -> str:
    """SHA-256 of the body, after the analysis' edition where it is not the first."""
    edition = EDITIONS.get(analysis_version, 1)
    return hashlib.sha256((body if edition == 1 else f"edition {edition}\n{body}").encode()).hexdigest()
