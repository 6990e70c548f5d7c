"""Verdicts on ended studies in the database: they outlive the process, and every service on the database has them.

Nothing here is needed for an answer. What cannot be read is made anew, what cannot be stored is made anew after a
restart.
"""

from __future__ import annotations

import time

import structlog

from studies.errors import StorageError
from studies.language.claim import Objective
from studies.storage import verdicts
from studies.storage.engine import Database
from studies.storage.patience import until
from studies.storage.verdicts import KeptVerdict
from studies.verdict.exchange import from_text, to_text
from studies.verdict.model import StudyVerdict

STORING_SECONDS = 1.0  # that a caller, who has a verdict already, waits for the database to take it
_log = structlog.get_logger(__name__)


class StoredVerdicts:
    """Reads and stores verdicts, each under the analysis of its study's own document; never fails.

    Args:
        db: where the studies are.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._fails = False

    def find(self, name: str, study: int, revision: int, objective: Objective | None) -> StudyVerdict | None:
        """The verdict on an ended study; None where it must be made.

        Args:
            name: the study's.
            study: its id.
            revision: of its content.
            objective: what it is judged by; None for the claim's own.
        """
        try:
            kept = verdicts.find(self._db, study, revision, objective=objective)
            return None if kept is None else _read(kept, name)
        except (StorageError, ValueError) as error:
            _log.warning("stored verdict not readable", study=name, reason=str(error), meanwhile="it is made anew")
            return None

    def keep(self, study: int, revision: int, verdict: StudyVerdict) -> None:
        """Store the verdict on an ended study, unless the study has changed since.

        Args:
            study: its id.
            revision: of the content that was judged.
            verdict: on it.
        """
        try:
            with until(time.monotonic() + STORING_SECONDS):
                verdicts.keep(
                    self._db,
                    study,
                    revision,
                    objective=verdict.objective,
                    claim_hash=verdict.claim_hash,
                    analysis_version=verdict.analysis_version,
                    looks=sum(sweep.looks for sweep in verdict.sweeps),
                    body=to_text(verdict),
                )
        except StorageError as error:
            if not self._fails:
                _log.warning("verdicts not stored", reason=str(error), meanwhile="they are made anew after a restart")
            self._fails = True
            return
        if self._fails:
            _log.info("verdicts are stored again")
        self._fails = False


def _read(kept: KeptVerdict, study: str) -> StudyVerdict:
    verdict = from_text(kept.body)
    wanted = (study, kept.claim_hash, kept.objective, kept.analysis_version)
    if (verdict.study, verdict.claim_hash, verdict.objective, verdict.analysis_version) != wanted:
        raise ValueError("it is the verdict on something else")
    return verdict
