"""The worker's loop: claim a batch, train it as stacks, store the results, move studies on.

The only file that sees both the storage and the training engine. A batch shares study, context and block, so that its
replicate j is one fold and one minibatch order for every trial: each replicate is one stack, one lane per trial.
"""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog
import torch

from studies.advance import advance
from studies.context import Context
from studies.errors import StorageUnavailableError
from studies.records import RunResult
from studies.storage import queue
from studies.storage.engine import Database
from studies.storage.records import Batch, ClaimedTrial, FinishedTrial
from worker.admission import Admission
from worker.datasets import DatasetCache
from worker.lease import LeaseKeeper
from worker.results import run_result
from worker.status import Status
from worker.training.engine import is_out_of_memory, max_lanes, train
from worker.training.lanes import Lane, Setup, StackStopped
from worker.watchdog import Watchdog

log = structlog.get_logger(__name__)
MAX_OUTAGE_PAUSE = 5.0  # seconds between attempts to reach a database that stays away
MESSAGE_LENGTH = 2_000  # characters of an exception kept with a trial


@dataclass(slots=True)
class Runner:
    """One worker process on one device.

    Attributes:
        status: what this worker tells the service about itself; its heartbeat goes through it.
        lease_seconds: how long a claim is this worker's without a heartbeat.
        poll_seconds: pause when nothing waits.
        stack_limit: largest stack; 0 lets the engine decide by free memory.
        admission: which studies this worker has the data for.
    """

    db: Database
    status: Status
    admission: Admission
    data: DatasetCache
    device: torch.device
    lease_seconds: float = 60.0
    poll_seconds: float = 1.0
    stack_limit: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)
    watchdog: Watchdog = field(default_factory=Watchdog)

    def run(self, *, idle_exit: float | None = None) -> None:
        """Work until `stopping` is set, an operator drains this worker, or nothing waited for `idle_exit` seconds."""
        idle_since = time.monotonic()
        pause = self.poll_seconds
        while not (self.stopping.is_set() or self.status.drain):
            try:
                worked = self._turn()
                pause = self.poll_seconds
            except StorageUnavailableError as error:
                log.warning("database unavailable", error=str(error), retry_in=pause)
                self.stopping.wait(random.uniform(0.5, 1.0) * pause)  # not all workers at once
                pause = min(2 * pause, MAX_OUTAGE_PAUSE)
                continue
            if worked:
                idle_since = time.monotonic()
            elif idle_exit is not None and time.monotonic() - idle_since >= idle_exit:
                log.info("nothing waits: stopping")
                return
            else:
                self.stopping.wait(self.poll_seconds)

    def _turn(self) -> bool:
        """Claim and train one batch; False where nothing waited."""
        batch, claimed_at = self._claim()
        if batch is None:
            self.status.idle()
            return self._advance() > 0
        self._train_batch(batch, claimed_at)
        self._advance()
        return True

    def _advance(self) -> int:
        """Move studies on; one that cannot be moved is logged, and spares the worker and the other studies."""
        try:
            return advance(self.db)
        except StorageUnavailableError:
            raise
        except Exception:
            log.exception("a study could not be moved to its next phase")
            return 0

    def _claim(self) -> tuple[Batch | None, float]:
        """The next batch, with the moment before its claim was sent."""
        queue.reap_if_due(self.db)  # first: where all that is left is a dead worker's, nothing is open
        able = self.admission.studies()
        claimed_at = time.monotonic()
        if not able:
            return None, claimed_at
        batch = queue.claim(
            self.db,
            worker=self.status.name,
            limit=self.stack_limit or self.status.stack_limit,
            lease_seconds=self.lease_seconds,
            studies=able,
        )
        return batch, claimed_at

    def _train_batch(self, batch: Batch, claimed_at: float) -> None:
        log.info("claimed", study=batch.study, context=batch.context, block=batch.block, trials=len(batch.trials))
        self.status.training(batch)
        with LeaseKeeper(
            self.status.beat, batch.trials, lease_seconds=batch.lease_seconds, claimed_at=claimed_at
        ) as keeper:
            try:
                self._try(batch, batch.trials, keeper)
            except StackStopped:
                self._give_up(batch, batch.trials, keeper)
            except StorageUnavailableError:
                raise
            except Exception as error:  # a failed training is the trial's outcome, not the worker's end
                self._isolate(batch, keeper, error)

    def _isolate(self, batch: Batch, keeper: LeaseKeeper, error: Exception) -> None:
        """A stack raised: train its trials one by one, so that only the culprit fails."""
        if len(batch.trials) == 1:
            self._fail(batch.trials[0], keeper, error)
            return
        log.warning("a stack failed; training its trials one by one", error=repr(error))
        for trial in batch.trials:
            try:
                self._try(batch, (trial,), keeper)
            except StackStopped:
                self._give_up(batch, (trial,), keeper)
            except StorageUnavailableError:
                raise
            except Exception as alone:
                self._fail(trial, keeper, alone)

    def _try(self, batch: Batch, trials: Sequence[ClaimedTrial], keeper: LeaseKeeper) -> None:
        results: list[list[RunResult]] = [[] for _ in trials]
        with self.watchdog.watch(batch.spec.limits.trial_seconds, lambda: self._time_out(batch, trials, keeper)):
            for index in range(len(trials[0].replicates)):
                for kept, result in zip(results, self._stack(batch, trials, index, keeper), strict=True):
                    kept.append(result)
        finished = [FinishedTrial(t, tuple(r)) for t, r in zip(trials, results, strict=True)]
        self._store(finished, keeper)

    def _stack(self, batch: Batch, trials: Sequence[ClaimedTrial], index: int, keeper: LeaseKeeper) -> list[RunResult]:
        """Train replicate `index` of every trial as one stack."""
        context = next(c for c in batch.spec.contexts if c.name == batch.context)
        replicates = [trial.replicates[index] for trial in trials]
        fold = self.data.fold(context, replicates[0], folds=batch.spec.replication.folds)
        setup = setup_of(context, replicates[0].order_seed)
        self.status.stack_limit = self.stack_limit or max_lanes(setup, fold)
        lanes = [
            Lane(eta=t.eta, alpha=t.alpha, loss=t.loss, init_seed=r.init_seed)
            for t, r in zip(trials, replicates, strict=True)
        ]
        self.status.lanes = len(lanes)
        started = time.monotonic()
        results = train(lanes, setup, fold, on_epoch=lambda _: self._may_go_on(trials, keeper))
        seconds = time.monotonic() - started
        self.status.trained(context, runs=len(lanes), images=len(fold.train_labels) * setup.epochs, seconds=seconds)
        stack = uuid.uuid4().hex
        return [run_result(r, seconds=seconds / len(lanes), stack=stack) for r in results]

    def _may_go_on(self, trials: Sequence[ClaimedTrial], keeper: LeaseKeeper) -> bool:
        """False once the stack is of no use: time is up, the worker stops, or every trial is lost or called off."""
        standing = keeper.standing()
        self.status.drain = self.status.drain or standing.drain
        gone = standing.lost | standing.stop
        over = self.stopping.is_set() or self.watchdog.overdue
        return not over and any(trial.id not in gone for trial in trials)

    def _store(self, finished: list[FinishedTrial], keeper: LeaseKeeper) -> None:
        """Store results, however long the database is away; only a stop makes an end of it, once the leases are out."""
        pause = self.poll_seconds
        while True:
            try:
                kept = queue.finish(self.db, finished)
                break
            except StorageUnavailableError as error:
                if self.stopping.is_set() and keeper.standing().expired:
                    raise
                log.warning("results wait for the database", error=str(error), trials=len(finished))
                time.sleep(pause)
                pause = min(2 * pause, MAX_OUTAGE_PAUSE)
        keeper.release(f.trial.id for f in finished)
        dropped = len(finished) - sum(kept)
        if dropped:
            log.warning("results dropped: the lease was lost", trials=dropped)

    def _fail(self, trial: ClaimedTrial, keeper: LeaseKeeper, error: Exception) -> None:
        keeper.release([trial.id])
        out_of_memory = isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and is_out_of_memory(error))
        log.error("trial failed", study=trial.study, sweep=trial.sweep, trial=trial.number, exc_info=error)
        message = f"{type(error).__name__}: {error}"[:MESSAGE_LENGTH]
        queue.fail(self.db, trial, kind="out_of_memory" if out_of_memory else "raised", message=message)

    def _give_up(self, batch: Batch, trials: Sequence[ClaimedTrial], keeper: LeaseKeeper) -> None:
        """A stack was stopped: for lack of time, or because this worker stops or lost it."""
        if self.watchdog.overdue:
            self._time_out(batch, trials, keeper)
        else:
            self._hand_back(trials, keeper)

    def _time_out(self, batch: Batch, trials: Sequence[ClaimedTrial], keeper: LeaseKeeper) -> None:
        """End these attempts as timed out; those lost meanwhile are another worker's."""
        keeper.release(t.id for t in trials)
        seconds = batch.spec.limits.trial_seconds
        log.error("out of time", study=batch.study, trials=len(trials), limit_seconds=seconds)
        queue.fail_together(self.db, trials, kind="timeout", message=f"not finished within {seconds} s")

    def _hand_back(self, trials: Sequence[ClaimedTrial], keeper: LeaseKeeper) -> None:
        """Give up what is still ours, so that the next worker need not wait for the leases to run out."""
        lost = keeper.standing().lost
        keeper.release(t.id for t in trials)
        queue.release(self.db, [t for t in trials if t.id not in lost])
        log.info("handed back", trials=len(trials), lost=len(lost))


def setup_of(context: Context, order_seed: int) -> Setup:
    """The engine's set-up for a context; names are the same on both sides."""
    return Setup(
        network=context.network,
        update_rule=context.update_rule,
        initialisation=context.initialisation,
        schedule=context.schedule,
        batch_size=context.batch_size,
        epochs=context.epochs,
        weight_decay=context.weight_decay,
        drop_last=context.drop_last,
        reshuffle=context.reshuffle,
        target_accuracy=context.target_accuracy,
        order_seed=order_seed,
    )
