"""Claims batches from the queue: under lease from the first moment, with their data ready."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from studies.errors import StorageUnavailableError
from studies.storage import queue
from studies.storage.engine import Database
from studies.storage.read_models import Batch, ClaimedTrial
from worker.admission import Admission
from worker.datasets import DatasetCache
from worker.lease import LeaseKeeper
from worker.occupancy import Occupancy
from worker.status import Status

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LeasedBatch:
    """A batch and the keeper that renews its leases."""

    batch: Batch
    keeper: LeaseKeeper


@dataclass(slots=True)
class Claims:
    """Claims for one worker: of the studies that it is admitted to, as many trials as its stacks may have lanes.

    Attributes:
        status: gives name and stack limit, and is reported to the service now and again.
    """

    db: Database
    status: Status
    admission: Admission
    data: DatasetCache
    occupancy: Occupancy
    stopping: threading.Event
    lease_seconds: float

    def claim(self, *, ahead: bool = False) -> LeasedBatch | None:
        """The next batch; None where nothing waits or this worker stops.

        Args:
            ahead: while another batch still trains; see `queue.claim`.

        Raises:
            StorageUnavailableError: the database cannot be reached.
        """
        with self.occupancy.spent("claiming"):
            queue.reap_if_due(self.db)  # first: where only a dead worker's trials are left, no study has waiting ones
            admitted = self.admission.studies()
            self.status.refused = bool(self.admission.refused)
            claimed_at = time.monotonic()
            if not admitted or self.stopping.is_set() or self.status.drain:
                return None
            batch = queue.claim(
                self.db,
                worker=self.status.name,
                limit=self.status.stack_limit,
                lease_seconds=self.lease_seconds,
                studies=admitted,
                ahead=ahead,
            )
        if batch is None:
            return None
        leased = self._lease(batch, claimed_at)
        with self.occupancy.spent("loading"), contextlib.suppress(Exception):  # the training meets the same error
            context = batch.spec.built_in_of(batch.context)
            self.data.prepare(context, batch.trials[0].replicates[0], folds=batch.spec.replication.folds)
        with contextlib.suppress(StorageUnavailableError):
            self.status.show()
        return leased

    def hand_back(self, trials: Sequence[ClaimedTrial], keeper: LeaseKeeper) -> None:
        """Releases the trials that this worker still holds, so that the next need not wait for the leases to run out.

        Raises:
            StorageUnavailableError: the database cannot be reached; the leases run out by themselves.
        """
        lost = keeper.state().lost
        keeper.release(t.id for t in trials)
        queue.release(self.db, [t for t in trials if t.id not in lost])
        log.info("handed back", trials=len(trials), lost=len(lost))

    def _lease(self, batch: Batch, claimed_at: float) -> LeasedBatch:
        log.info("claimed", study=batch.study, context=batch.context, block=batch.block, trials=len(batch.trials))
        keeper = LeaseKeeper(self.status.beat, batch.trials, lease_seconds=batch.lease_seconds, claimed_at=claimed_at)
        return LeasedBatch(batch, keeper.start())
