"""Which devices there are, and one process for each: a CUDA context that fails takes only its own process down."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import FrameType

import structlog
import torch

log = structlog.get_logger(__name__)
RESTART_PAUSE = 2.0  # seconds before a worker that died is started again, doubled each time it dies young
MAX_RESTART_PAUSE = 60.0
YOUNG = 60.0  # seconds; a worker that lived longer starts again without delay
STOP_SECONDS = 120.0  # what children get to hand back their trials


def find_devices(wanted: str) -> list[str]:
    """Devices for "auto" (every CUDA device, else the CPU), or the one named.

    Raises:
        ValueError: the named device is not on this machine.
    """
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    present = [f"cuda:{i}" for i in range(count)]
    if wanted == "auto":
        return present or ["cpu"]
    if wanted == "cpu" or wanted in present:
        return [wanted]
    if wanted == "cuda" and present:
        return present
    raise ValueError(f"`--device` {wanted!r} is not on this machine; it has {', '.join(['cpu', *present])}")


def describe(device: str) -> str:
    """The device with its model's name, e.g. "cuda:0 NVIDIA H200" or "cpu x2"."""
    if device.startswith("cuda"):
        return f"{device} {torch.cuda.get_device_name(device)}"
    return f"cpu x{torch.get_num_threads()}"


@dataclass(slots=True)
class _Child:
    device: str
    process: subprocess.Popen[bytes]
    started: float
    pause: float = RESTART_PAUSE


class Supervisor:
    """Runs one worker process per device and restarts those that die, until it is told to stop."""

    def __init__(self, devices: Sequence[str], arguments: Sequence[str]) -> None:
        self._arguments = list(arguments)
        self._stopping = False
        self._children = [self._start(device) for device in devices]

    def run(self) -> int:
        """Supervise until SIGTERM, SIGINT or the last child's orderly end; returns the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        while self._children and not self._stopping:
            time.sleep(0.5)
            self._children = [child for child in self._children if self._tend(child)]
        return self._join()

    def _start(self, device: str) -> _Child:
        command = [sys.executable, "-m", "worker.main", *self._arguments, "--device", device]
        return _Child(device, subprocess.Popen(command, env=os.environ), time.monotonic())

    def _tend(self, child: _Child) -> bool:
        """Restart a child that crashed; False once it has ended in good order."""
        code = child.process.poll()
        if code is None:
            return True
        if code == 0:
            return False
        if time.monotonic() - child.started > YOUNG:
            child.pause = RESTART_PAUSE
        log.error("worker died", device=child.device, exit_code=code, restart_in=child.pause)
        time.sleep(child.pause)
        fresh = self._start(child.device)
        child.process, child.started = fresh.process, fresh.started
        child.pause = min(2 * child.pause, MAX_RESTART_PAUSE)
        return True

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _join(self) -> int:
        for child in self._children:
            child.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in self._children:
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
        return max((abs(child.process.returncode) for child in self._children), default=0)
