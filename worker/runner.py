"""The worker's loop: takes a batch, trains it as stacks, passes the results on. Claiming and storing run beside it.

The only file that sees both the storage and the training engine. A batch shares study, context and block, so that its
replicate j is one fold and one minibatch order for every trial: each replicate is one stack, one lane per trial. Lanes
whose trials are lost or called off meanwhile leave their stack.
"""

from __future__ import annotations

import random
import threading
import time
import uuid
from dataclasses import dataclass, field

import structlog
import torch

from studies.errors import StorageUnavailableError
from studies.language.context import Context
from studies.records import RunResult
from studies.storage import queue
from studies.storage.engine import Database
from studies.storage.read_models import Batch
from worker.admission import Admission
from worker.attempt import Attempt
from worker.claiming import Claims, LeasedBatch
from worker.datasets import DatasetCache
from worker.lanes_of import lane_of, setup_of
from worker.lease import LeaseKeeper
from worker.occupancy import Occupancy
from worker.outages import Outages
from worker.pipeline import Pipeline
from worker.results import run_result, shares_of
from worker.stack_size import StackSize
from worker.status import FIRST_STACK_LIMIT, Status
from worker.storing import MAX_OUTAGE_PAUSE, Stores
from worker.training.engine import train_lanes
from worker.training.lanes import Drop, Fold, Outcome, Progress, StackStopped
from worker.watchdog import Watchdog

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Runner:
    """One worker process on one device.

    Attributes:
        status: reports this worker to the service; heartbeats go through it.
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
    occupancy: Occupancy = field(default_factory=Occupancy)
    outages: Outages = field(default_factory=Outages)
    claims: Claims = field(init=False)
    stores: Stores = field(init=False)
    pipeline: Pipeline = field(init=False)
    stack_size: StackSize = field(init=False)

    def __post_init__(self) -> None:
        self.stack_size = StackSize(self.stack_limit)
        self.status.stack_limit = self.stack_limit or FIRST_STACK_LIMIT
        self.claims = Claims(
            db=self.db,
            status=self.status,
            admission=self.admission,
            data=self.data,
            occupancy=self.occupancy,
            stopping=self.stopping,
            lease_seconds=self.lease_seconds,
        )
        self.stores = Stores(self.db, self.occupancy, self.stopping, self.poll_seconds)

    def run(self, *, idle_exit: float | None = None) -> None:
        """Works until `stopping` is set, an operator drains this worker, or nothing waited for `idle_exit` seconds."""
        with Pipeline(self.claims, self.stores) as self.pipeline:
            self._loop(idle_exit)

    def _loop(self, idle_exit: float | None) -> None:
        idle_since = time.monotonic()
        pause = self.poll_seconds
        while not self._leaving:
            self.status.heartbeat_file.touch()
            try:
                worked = self._take_and_train()
                self.outages.over()
                pause = self.poll_seconds
                if worked:
                    idle_since = time.monotonic()
                elif idle_exit is not None and time.monotonic() - idle_since >= idle_exit:
                    log.info("nothing waits: stopping")
                    return
                else:
                    self._rest()
            except StorageUnavailableError as error:
                self.outages.note("database unavailable: nothing is claimed", error)
                self.stopping.wait(random.uniform(0.5, 1.0) * pause)  # not all workers at once
                pause = min(2 * pause, MAX_OUTAGE_PAUSE)

    def _rest(self) -> None:
        """Measures a speed that is not known yet and notes it in the database, or waits for the next look."""
        with self.occupancy.spent("idle"):
            if not self.status.calibrate():
                self.stopping.wait(self.poll_seconds)

    @property
    def _leaving(self) -> bool:
        return self.stopping.is_set() or self.status.drain

    def _take_and_train(self) -> bool:
        """Takes and trains one batch; False where nothing waited."""
        leased = self.pipeline.take()
        if leased is None:
            self.status.idle()
            return self.stores.move_on() > 0
        try:
            self._train_batch(leased)
        finally:
            self.pipeline.end(leased)
        return True

    def _train_batch(self, leased: LeasedBatch) -> None:
        batch, keeper = leased.batch, leased.keeper
        if self._leaving:
            self.claims.hand_back(batch.trials, keeper)
            return
        self.status.training(batch)
        attempt = Attempt(batch, batch.trials, keeper)
        try:
            self._train_attempt(attempt)
        except StackStopped:
            self._give_up(attempt)
        except StorageUnavailableError:
            raise
        except Exception as error:  # a failed training is the trial's outcome, not the worker's end
            self._isolate(batch, keeper, error)

    def _isolate(self, batch: Batch, keeper: LeaseKeeper, error: Exception) -> None:
        """Trains the trials of a stack that raised one by one, so that only the culprit fails."""
        self.pipeline.give_up_ahead()  # this takes longer than predicted, and may end the process
        if len(batch.trials) == 1:
            self.stores.fail(batch.trials[0], keeper, error)
            return
        log.warning("a stack failed; training its trials one by one", error=repr(error))
        for trial in batch.trials:
            attempt = Attempt(batch, (trial,), keeper)
            try:
                self._train_attempt(attempt)
            except StackStopped:
                self._give_up(attempt)
            except StorageUnavailableError:
                raise
            except Exception as alone:
                self.stores.fail(trial, keeper, alone)

    def _train_attempt(self, attempt: Attempt) -> None:
        with self.watchdog.watch(attempt.batch.spec.limits.trial_seconds, lambda: self._time_out(attempt)):
            for index in range(attempt.replicates):
                attempt.add(self._stack(attempt, index))
        self.pipeline.store(attempt.finished(), attempt.keeper)

    def _stack(self, attempt: Attempt, index: int) -> list[RunResult | None]:
        """Trains replicate `index` of every trial that is still wanted as one stack."""
        batch = attempt.batch
        context = batch.spec.built_in_of(batch.context)
        replicates = [trial.replicates[index] for trial in attempt.wanted]
        fold = self.data.fold(context, replicates[0], folds=batch.spec.replication.folds)
        setup = setup_of(context, replicates[0].order_seed)
        self.status.stack_limit = self.stack_size.choose(setup, fold)
        axes = batch.spec.axes_in(context.name)
        lanes = [lane_of(axes, context, t, r.init_seed) for t, r in zip(attempt.wanted, replicates, strict=True)]
        self.status.lanes = len(lanes)
        started, worked = time.monotonic(), time.process_time()

        def on_epoch(progress: Progress) -> bool | Drop:
            self.status.lanes = progress.alive
            seconds = (time.monotonic() - started) / progress.epoch
            self._report_time_left(attempt, seconds, left=_epochs_left(attempt, index, progress))
            return self._lanes_to_drop(attempt)

        if setup.epochs == 1 and index == attempt.replicates - 1:
            self._report_time_left(attempt, 0.0, left=1)
        with self.occupancy.spent("training"):
            outcome = train_lanes(lanes, setup, fold, on_epoch=on_epoch)
        seconds = time.monotonic() - started
        self.stack_size.trained(setup, fold, lanes=len(lanes), fitted=outcome.width)
        self._account(context, fold, outcome, seconds)
        cpu = shares_of(time.process_time() - worked, outcome.results)
        stack = uuid.uuid4().hex
        share = seconds / len(lanes)
        return [
            None if result is None else run_result(result, seconds=share, stack=stack, cpu_seconds=own)
            for result, own in zip(outcome.results, cpu, strict=True)
        ]

    def _account(self, context: Context, fold: Fold, outcome: Outcome, seconds: float) -> None:
        n_train, n_test = len(fold.train_labels), len(fold.test_labels)
        runs = len(outcome.results) - outcome.results.count(None)
        whole = runs == len(outcome.results)
        if not whole:
            log.info("lanes left their stack: lost or called off", lanes=len(outcome.results) - runs)
        self.status.trained(context, runs=runs, n_train=n_train, n_test=n_test, seconds=seconds, whole=whole)

    def _report_time_left(self, attempt: Attempt, seconds: float, *, left: int) -> None:
        """Reports to the pipeline how long this batch takes after the next epoch, unless other attempts at it follow.

        Args:
            attempt: at the batch.
            seconds: that an epoch takes.
            left: epochs to go.
        """
        if attempt.is_whole_batch and not self._leaving:
            self.pipeline.progress(attempt.batch, seconds * (left - 1))

    def _lanes_to_drop(self, attempt: Attempt) -> bool | Drop:
        """Lanes of trials that are lost or called off; False once that is all, time is up or the worker stops."""
        leases = attempt.keeper.state()
        self.status.drain = self.status.drain or leases.drain
        unwanted = attempt.unwanted(leases)
        if self.stopping.is_set() or self.watchdog.overdue or len(unwanted) == len(attempt.wanted):
            return False
        return Drop(unwanted) if unwanted else True

    def _give_up(self, attempt: Attempt) -> None:
        """Gives up a stack that was stopped: its time is up, or this worker stops or lost all of it."""
        if self.watchdog.overdue:
            self._time_out(attempt)
        else:
            self.claims.hand_back(attempt.trials, attempt.keeper)

    def _time_out(self, attempt: Attempt) -> None:
        """Ends these attempts as timed out; trials lost meanwhile belong to another worker."""
        self.pipeline.give_up_ahead(wait_for_claim=False)
        attempt.keeper.release(t.id for t in attempt.trials)
        seconds = attempt.batch.spec.limits.trial_seconds
        log.error("out of time", study=attempt.batch.study, trials=len(attempt.trials), limit_seconds=seconds)
        queue.fail_together(self.db, attempt.trials, kind="timeout", message=f"not finished within {seconds} s")


def _epochs_left(attempt: Attempt, index: int, progress: Progress) -> int:
    """Epochs that a batch still needs, over all replicates."""
    return (attempt.replicates - index) * progress.epochs - progress.epoch
