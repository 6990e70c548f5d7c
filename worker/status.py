"""A worker's own row, reported to the service with every heartbeat: state, stack, rate, memory."""

from __future__ import annotations

import os
import resource
import socket
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

import torch

from studies.cost import PAPER_FLOPS, flops_per_image
from studies.language.context import Context
from studies.speed import to_text, workload
from studies.storage import queue, workers
from studies.storage.engine import Database
from studies.storage.read_models import Batch, Beat, WorkerStatus
from studies.storage.release import VERSION
from worker.heartbeat_file import HeartbeatFile
from worker.speedometer import Speedometer

IDLE_BEAT = 10.0  # seconds between heartbeats of a worker that waits
BUSY_BEAT = 5.0  # the same while batches are too short for their leases to need a renewal
RECENT_STACKS = 8  # stacks over which the rate is taken
FIRST_STACK_LIMIT = 64  # lanes claimed before the engine has seen a fold and how many fit


@dataclass(frozen=True, slots=True)
class _Trained:
    """A stack that was trained."""

    runs: int
    images: float  # of the paper's set-up
    seconds: float
    ended: float  # time.monotonic()

    @property
    def began(self) -> float:
        return self.ended - self.seconds


@dataclass(slots=True)
class Status:
    """One worker's row. Written by the training thread, read by the lease keeper's: plain fields, whole assignments."""

    db: Database
    name: str
    device: str
    torch_device: torch.device
    lease_seconds: float = 60.0
    heartbeat_file: HeartbeatFile = field(default_factory=lambda: HeartbeatFile(None, ""))
    drain: bool = False
    refused: bool = False  # its release is incompatible with the service's
    lanes: int = 0
    stack_limit: int = FIRST_STACK_LIMIT
    speedometer: Speedometer = field(init=False)
    _state: Literal["idle", "training"] = "idle"
    _study: str | None = None
    _runs_done: int = 0
    _recent: deque[_Trained] = field(default_factory=lambda: deque(maxlen=RECENT_STACKS))  # since it last waited
    _images_per_second: float | None = None  # kept while it waits: previews ask what it can do
    _last_beat: float = 0.0
    _calibrating: bool = False

    def __post_init__(self) -> None:
        self.speedometer = Speedometer(self.torch_device)

    def register(self) -> None:
        """Registers this worker; again under the same name, it takes the row over."""
        workers.register(
            self.db, name=self.name, host=socket.gethostname(), pid=os.getpid(), device=self.device, version=VERSION
        )

    def retire(self) -> None:
        """Marks this worker as gone at once."""
        self.heartbeat_file.remove()
        workers.retire(self.db, self.name)

    def training(self, batch: Batch) -> None:
        """Sets the state to training; the kinds of its study are measured once this worker waits."""
        self._state, self._study = "training", batch.study
        self.speedometer.asked(batch.spec.built_in)

    def idle(self) -> None:
        """Sets the state to idle; beats at once and then every `IDLE_BEAT` seconds, which also reports a drain."""
        fresh = self._state != "idle"
        self._state, self._study, self.lanes = "idle", None, 0
        self._recent.clear()
        if fresh or time.monotonic() - self._last_beat >= IDLE_BEAT:
            self.drain = self.beat({}).drain

    def show(self) -> None:
        """Beats every `BUSY_BEAT` seconds while batches are short, so that the service sees the current state."""
        if time.monotonic() - self._last_beat >= BUSY_BEAT:
            self.drain = self.beat({}).drain or self.drain

    def calibrate(self) -> bool:
        """Measures the speed of one more kind of training; False, and reported to the service, once all are known."""
        if self.speedometer.calibrate():
            self._calibrating = True
        elif self._calibrating:
            self._calibrating = False
            self.beat({})
        return self._calibrating

    def trained(
        self, context: Context, *, runs: int, n_train: int, n_test: int, seconds: float, whole: bool = True
    ) -> None:
        """Counts a finished stack.

        Args:
            context: what was trained.
            runs: lanes that were trained to their end.
            n_train: training images of the fold.
            n_test: test images of the fold.
            seconds: wall time.
            whole: no lane was dropped; the time of dropped ones would make the others look slow.
        """
        self._runs_done += runs
        if not whole:
            return
        work = workload(context, n_train=n_train, n_test=n_test)
        self.speedometer.trained(context, work, runs=runs, seconds=seconds)
        images = runs * work.train_images * flops_per_image(context) / PAPER_FLOPS
        self._recent.append(_Trained(runs, images, seconds, ended=time.monotonic()))
        recent = list(self._recent)
        self._images_per_second = sum(t.images for t in recent) / sum(t.seconds for t in recent)

    def beat(self, held: dict[int, int]) -> Beat:
        """Renews the leases of `held` (trial id -> token) and this worker's row.

        Raises:
            StorageUnavailableError: the database cannot be reached.
        """
        self._last_beat = time.monotonic()
        self.heartbeat_file.touch()
        return queue.heartbeat(self.db, self.name, held, lease_seconds=self.lease_seconds, status=self.snapshot())

    def snapshot(self) -> WorkerStatus:
        """The row as it would be written now."""
        return WorkerStatus(
            state=self._shown_state(),
            study=self._study,
            lanes=self.lanes,
            stack_limit=self.stack_limit,
            runs_done=self._runs_done,
            trainings_per_second=self._trainings_per_second(),
            images_per_second=self._images_per_second,
            memory_bytes=self._memory(),
            speeds=to_text(self.speedometer.speeds()),
        )

    def _shown_state(self) -> str:
        if self.drain:
            return "draining"
        return "refused" if self.refused and self._state == "idle" else self._state

    def _trainings_per_second(self) -> float | None:
        """Runs over the wall time of the last stacks and of the gaps between them; None unless it trains."""
        recent = list(self._recent)
        if self._state != "training" or not recent:
            return None
        return sum(t.runs for t in recent) / (recent[-1].ended - recent[0].began)

    def _memory(self) -> int:
        """Bytes that torch holds of a CUDA device now; on a CPU the peak of this process."""
        if self.torch_device.type == "cuda":
            return int(torch.cuda.memory_reserved(self.torch_device))
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # Linux counts kilobytes
