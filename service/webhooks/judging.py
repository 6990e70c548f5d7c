"""The verdict that a `decided` carries: that on exactly the runs which its study had when it completed."""

from __future__ import annotations

from service.verdicts.cache import VerdictCache
from service.webhooks.message import VerdictOutcome
from studies.errors import StudyNotFoundError
from studies.storage import overview
from studies.storage.engine import Database
from studies.storage.read_models import Notice


def judged(db: Database, verdicts: VerdictCache, notice: Notice) -> VerdictOutcome | None:
    """The verdict that a notice is about; None where the study was extended or deleted before it could be judged.

    Raises:
        StorageUnavailableError: the database cannot be reached; call again.
    """
    try:
        if not _unchanged(db, notice):
            return None
        found = verdicts.verdict(notice.study)
        same = (found.study, found.revision) == (notice.study_id, notice.revision)
        return VerdictOutcome.of(found.verdict) if same and _unchanged(db, notice) else None
    except StudyNotFoundError:
        return None


def _unchanged(db: Database, notice: Notice) -> bool:
    return overview.stamp(db, notice.study) == (notice.study_id, notice.revision)
