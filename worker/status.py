"""What a worker knows of itself and tells the service with every heartbeat: state, stack, rate, memory."""

from __future__ import annotations

import importlib.metadata
import os
import resource
import socket
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

import torch

from studies.context import Context
from studies.cost import PAPER_FLOPS, flops_per_image
from studies.speed import to_text, workload
from studies.storage import queue, workers
from studies.storage.engine import Database
from studies.storage.records import Batch, Beat, WorkerStatus
from worker.sign_of_life import SignOfLife
from worker.speedometer import Speedometer

IDLE_BEAT = 10.0  # seconds between heartbeats of a worker that waits
BUSY_BEAT = 5.0  # the same while batches are too short for their leases to need a renewal
RECENT_STACKS = 8  # stacks over which the rate is taken
FIRST_STACK_LIMIT = 64  # lanes claimed before the engine has seen a fold and said what fits
VERSION = importlib.metadata.version("golden-study")


@dataclass(slots=True)
class Status:
    """One worker's row. Written by the training thread, read by the lease keeper's: plain fields, whole assignments."""

    db: Database
    name: str
    device: str
    torch_device: torch.device
    lease_seconds: float = 60.0
    sign: SignOfLife = field(default_factory=lambda: SignOfLife(None, ""))
    drain: bool = False
    lanes: int = 0
    stack_limit: int = FIRST_STACK_LIMIT
    speedometer: Speedometer = field(init=False)
    _state: Literal["idle", "training"] = "idle"
    _study: str | None = None
    _runs_done: int = 0
    _recent: deque[tuple[int, float, float]] = field(default_factory=lambda: deque(maxlen=RECENT_STACKS))
    _last_beat: float = 0.0
    _calibrating: bool = False

    def __post_init__(self) -> None:
        self.speedometer = Speedometer(self.torch_device)

    def register(self) -> None:
        """Announce this worker; again under the same name, it takes the row over."""
        workers.register(
            self.db, name=self.name, host=socket.gethostname(), pid=os.getpid(), device=self.device, version=VERSION
        )

    def retire(self) -> None:
        """Say goodbye: the worker shows as gone at once."""
        self.sign.remove()
        workers.retire(self.db, self.name)

    def training(self, batch: Batch) -> None:
        """A batch is being trained."""
        self._state, self._study = "training", batch.study

    def idle(self) -> None:
        """Nothing waits; beats at once and then now and again: the worker shows as alive and hears of a drain."""
        fresh = self._state != "idle"
        self._state, self._study, self.lanes = "idle", None, 0
        if fresh or time.monotonic() - self._last_beat >= IDLE_BEAT:
            self.drain = self.beat({}).drain

    def show(self) -> None:
        """While batches come and go: let the service see the present state, and hear of a drain, now and again."""
        if time.monotonic() - self._last_beat >= BUSY_BEAT:
            self.drain = self.beat({}).drain or self.drain

    def calibrate(self) -> bool:
        """Measure the speed of one more kind of training; False, and told to the service, once all are known."""
        if self.speedometer.calibrate():
            self._calibrating = True
        elif self._calibrating:
            self._calibrating = False
            self.beat({})
        return self._calibrating

    def trained(self, context: Context, *, runs: int, n_train: int, n_test: int, seconds: float) -> None:
        """Account for a finished stack.

        Args:
            context: what was trained.
            runs: lanes.
            n_train: training images of the fold.
            n_test: test images of the fold.
            seconds: wall time.
        """
        work = workload(context, n_train=n_train, n_test=n_test)
        self.speedometer.trained(context, work, runs=runs, seconds=seconds)
        paper_images = runs * work.train_images * flops_per_image(context) / PAPER_FLOPS
        self._recent.append((runs, paper_images, seconds))
        self._runs_done += runs

    def beat(self, held: dict[int, int]) -> Beat:
        """Renew the leases of `held` (trial id -> token) and this worker's row.

        Raises:
            StorageUnavailableError: the database cannot be reached.
        """
        self._last_beat = time.monotonic()
        self.sign.touch()
        return queue.heartbeat(self.db, self.name, held, lease_seconds=self.lease_seconds, status=self.snapshot())

    def snapshot(self) -> WorkerStatus:
        """The row as it would be written now."""
        recent = list(self._recent)
        seconds = sum(s for _, _, s in recent)
        return WorkerStatus(
            state="draining" if self.drain else self._state,
            study=self._study,
            lanes=self.lanes,
            stack_limit=self.stack_limit,
            runs_done=self._runs_done,
            trainings_per_second=sum(r for r, _, _ in recent) / seconds if seconds else None,
            images_per_second=sum(i for _, i, _ in recent) / seconds if seconds else None,
            memory_bytes=self._memory(),
            speeds=to_text(self.speedometer.speeds()),
        )

    def _memory(self) -> int:
        if self.torch_device.type == "cuda":
            return int(torch.cuda.memory_reserved(self.torch_device))
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # Linux counts kilobytes
