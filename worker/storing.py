"""Stores the results of finished trials, however long the database is away, and moves studies on."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from studies.advance import FailedTry, advance
from studies.errors import StorageUnavailableError
from studies.storage import finishing, queue
from studies.storage.engine import Database
from studies.storage.read_models import ClaimedTrial, FinishedTrial
from studies.storage.release import refusal
from worker.lease import LeaseKeeper
from worker.occupancy import Occupancy
from worker.outages import Outages
from worker.training.memory import is_out_of_memory

MAX_OUTAGE_PAUSE = 5.0  # seconds between attempts to reach a database that stays away
MESSAGE_LENGTH = 2_000  # characters of an exception kept with a trial
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Stores:
    """Writes the ends of trials to the storage: results, failures, and the next phase of their studies.

    Attributes:
        stopping: once set, results are given up when the leases of their trials have run out.
        poll_seconds: first pause before a failed attempt is repeated.
    """

    db: Database
    occupancy: Occupancy
    stopping: threading.Event
    poll_seconds: float

    def store(self, finished: Sequence[FinishedTrial], keeper: LeaseKeeper) -> None:
        """Stores results, and logs those whose lease was lost.

        Raises:
            StorageUnavailableError: the database stayed away until the worker stops and the leases are out.
        """
        with self.occupancy.spent("storing"):
            try:
                kept = self._finish(finished, keeper)
            except StorageUnavailableError:
                raise
            except Exception as error:  # results that cannot be stored fail their own trial alone
                self._store_each(finished, keeper, error)
                return
        keeper.release(f.trial.id for f in finished)
        dropped = len(finished) - sum(kept)
        if dropped:
            log.warning("results dropped: the lease was lost", trials=dropped)

    def move_on(self) -> int:
        """Moves studies on; a failed try is logged, and the worker and the other studies go on.

        A worker whose release is incompatible with the service's plans nothing: its rules may differ.

        Returns:
            How many sweeps moved.

        Raises:
            StorageUnavailableError: the database cannot be reached.
        """
        try:
            with self.occupancy.spent("planning"):
                return 0 if refusal(self.db) else advance(self.db, on_failure=_log_failure)
        except StorageUnavailableError:
            raise
        except Exception:
            log.exception("a study could not be moved to its next phase")
            return 0

    def fail(self, trial: ClaimedTrial, keeper: LeaseKeeper, error: Exception) -> None:
        """Ends a trial's attempt with an exception.

        Raises:
            StorageUnavailableError: the database cannot be reached; the lease runs out by itself.
        """
        keeper.release([trial.id])
        out_of_memory = isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and is_out_of_memory(error))
        log.error("trial failed", study=trial.study, sweep=trial.sweep, trial=trial.number, exc_info=error)
        message = f"{type(error).__name__}: {error}"[:MESSAGE_LENGTH]
        queue.fail(self.db, trial, kind="out_of_memory" if out_of_memory else "raised", message=message)

    def _finish(self, finished: Sequence[FinishedTrial], keeper: LeaseKeeper) -> list[bool]:
        pause, outages = self.poll_seconds, Outages()
        while True:
            try:
                return finishing.finish(self.db, finished)
            except StorageUnavailableError as error:
                if self.stopping.is_set() and keeper.state().expired:
                    raise
                outages.note("results wait for the database", error, trials=len(finished))
                time.sleep(pause)
                pause = min(2 * pause, MAX_OUTAGE_PAUSE)

    def _store_each(self, finished: Sequence[FinishedTrial], keeper: LeaseKeeper, error: Exception) -> None:
        """Stores one by one what could not be stored together, so that only the culprit fails."""
        if len(finished) == 1:
            self.fail(finished[0].trial, keeper, error)
            return
        for one in finished:
            self.store([one], keeper)


def _log_failure(failed: FailedTry) -> None:
    """Logs a failed try to plan a phase."""
    said = "study failed: a phase could not be planned" if failed.final else "a phase could not be planned"
    log.error(said, study=failed.study, sweep=failed.sweep, tries=failed.tries, exc_info=failed.error)
