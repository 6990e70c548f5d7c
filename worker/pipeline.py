"""Keeps the device busy: while a batch trains, a thread stores the one before and claims the one after.

    training   ........ batch 1 ........|........ batch 2 ........|........ batch 3
    beside                     claim 2  | store 1      claim 3    | store 2

One thread does everything beside the training, in the order of submission, so batch n + 1 is claimed after the results
of batch n - 1 are stored. At most one batch is held ahead, and it is claimed late: once the current one has an epoch
and `LEAD` seconds to go. That bounds how much a stop hands back, how old a decision about priorities can be, and how
long another worker can be idle while trials wait here. Nothing is claimed ahead

- where an adaptive sampler would be asked: it must know the results of the current batch first;
- of trials that failed before, or beside them: if they end the process, the others' attempts are not spent.

Where nothing was claimed ahead, the next claim waits until every result is stored and the studies have moved on.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Self

import structlog

from studies.errors import StorageUnavailableError
from studies.programs import SIGNAL_SECONDS
from studies.storage.read_models import Batch, FinishedTrial
from worker.claiming import Claims, LeasedBatch
from worker.lease import LeaseKeeper
from worker.storing import Stores

LEAD = 2.0  # seconds before the end of a batch at which the next one is claimed at the latest
PLANNING_PAUSE = 0.05  # seconds between claims while studies are being moved on
log = structlog.get_logger(__name__)


class Pipeline:
    """Context manager; its methods are called from the training thread."""

    def __init__(self, claims: Claims, stores: Stores) -> None:
        self._claims = claims
        self._stores = stores
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="beside")
        self._ahead: Future[LeasedBatch | None] | None = None
        self._storing: list[Future[None]] = []
        self._planning: list[Future[None]] = []
        self._lock = threading.Lock()  # of `_ahead`: the watchdog's thread may hand it back

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hands back the batch claimed ahead, and waits until every result is stored."""
        try:
            self.give_up_ahead()
        finally:
            self._beside.shutdown()

    def take(self) -> LeasedBatch | None:
        """The next batch: the one claimed ahead, else a new claim once everything is stored.

        Raises:
            StorageUnavailableError: the database cannot be reached.
        """
        with self._lock:
            ahead, self._ahead = self._ahead, None
        leased = ahead.result() if ahead is not None else None
        return leased or self._claim_now()

    def _claim_now(self) -> LeasedBatch | None:
        """A claim once every result is stored: of the first sweep that has moved on, while others are still planned."""
        _settle(self._storing)
        while (leased := self._claims.claim()) is None and self._planning:
            wait(self._planning, timeout=PLANNING_PAUSE)
            if all(job.done() for job in self._planning):
                _settle(self._planning)
        return leased

    def progress(self, batch: Batch, seconds_left: float) -> None:
        """Claims ahead, if it is time.

        Args:
            batch: the one that trains.
            seconds_left: its training time after the next call of this method.
        """
        if seconds_left > LEAD or any(trial.attempt > 1 for trial in batch.trials):
            return
        with self._lock:
            if self._ahead is None:
                self._ahead = self._beside.submit(self._claim_ahead)

    def store(self, finished: Sequence[FinishedTrial], keeper: LeaseKeeper) -> None:
        """Stores results after everything that was submitted before."""
        self._storing.append(self._beside.submit(self._store, finished, keeper))

    def end(self, leased: LeasedBatch) -> None:
        """Ends a batch: once all of it is stored, its leases are no longer renewed and studies move on."""
        self._storing.append(self._beside.submit(leased.keeper.close))
        self._planning.append(self._beside.submit(self._move_on))
        for jobs in (self._storing, self._planning):
            jobs[:] = [job for job in jobs if not job.done() or job.exception() is not None]

    def give_up_ahead(self, *, wait_for_claim: bool = True) -> None:
        """Hands back the batch that was claimed ahead, if any.

        Args:
            wait_for_claim: wait for a claim that is under way; if False, its batch is left to its lease.
        """
        with self._lock:
            ahead, self._ahead = self._ahead, None
        if ahead is None or ahead.cancel() or not (wait_for_claim or ahead.done()):
            return
        try:
            leased = ahead.result()
            if leased is not None:
                self._claims.hand_back(leased.batch.trials, leased.keeper)
                leased.keeper.close()
        except StorageUnavailableError as error:
            log.warning("a batch claimed ahead is left to its lease", error=str(error))

    def _claim_ahead(self) -> LeasedBatch | None:
        with contextlib.suppress(StorageUnavailableError):  # the next claim that is not ahead reports it
            return self._claims.claim(ahead=True)
        return None

    def _store(self, finished: Sequence[FinishedTrial], keeper: LeaseKeeper) -> None:
        try:
            self._stores.store(finished, keeper)
        except StorageUnavailableError as error:
            log.error("results are lost: the database stayed away", error=str(error), trials=len(finished))

    def _move_on(self) -> None:
        with contextlib.suppress(StorageUnavailableError):  # still due when the next worker or service looks
            self._stores.move_on()


def _settle(jobs: list[Future[None]]) -> None:
    """Waits for jobs and empties the list; raises the first error that one of them raised."""
    while wait(jobs, timeout=SIGNAL_SECONDS).not_done:
        pass
    done = [*jobs]
    jobs.clear()
    for job in done:
        job.result()
