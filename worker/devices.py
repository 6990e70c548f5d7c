"""The devices of this machine, and a supervised process for each: a CUDA context that fails ends its process alone."""

from __future__ import annotations

import ctypes
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

from studies.programs import WORKER, command_of, environment_of

log = structlog.get_logger(__name__)
RESTART_PAUSE = 2.0  # seconds before a worker that died is started again, doubled with each death within `SOON`
MAX_RESTART_PAUSE = 60.0
SOON = 60.0  # seconds after the start
STOP_SECONDS = 100.0  # what children get to hand back their trials; less than a container's grace period
POLL = 0.5  # seconds between checks of the children
PERMANENT = (2, 3)  # exit codes that a restart cannot cure: bad options, wrong schema
PARENT = "GOLDEN_SUPERVISOR_PID"
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


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
    has = ", ".join(["cpu", *present])
    raise ValueError(f"`--device` {wanted!r} is not on this machine; it has {has}: choose by --device or GOLDEN_DEVICE")


def describe(device: str) -> str:
    """The device with its model's name, e.g. "cuda:0 NVIDIA H200" or "cpu x2"."""
    if device.startswith("cuda"):
        return f"{device} {torch.cuda.get_device_name(device)}"
    return f"cpu x{torch.get_num_threads()}"


def limit_threads(wanted: int) -> None:
    """Sets torch's CPU threads to `wanted`, at most one a processor; 0 leaves them as they are.

    Hundreds of threads on a few processors would not fail, but each training would take hours instead of seconds.
    """
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if wanted > usable:
        log.warning("fewer processors than `--threads` asks for", threads=wanted, processors=usable)
    if wanted:
        torch.set_num_threads(min(wanted, usable))


def end_with_parent(parent: int | None) -> None:
    """Lets this process get SIGTERM when its supervisor is gone, however it went (Linux only).

    Args:
        parent: number of the supervisor's process; None in a worker that has none.
    """
    if parent is None or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it went before we asked
        os.kill(os.getpid(), signal.SIGTERM)


@dataclass(slots=True)
class _Child:
    device: str
    process: subprocess.Popen[bytes]
    started: float
    pause: float = RESTART_PAUSE
    due: float | None = None  # when to start it again


class Supervisor:
    """Runs one worker process per device and restarts those that die, until it is stopped.

    Children are in sessions of their own: a Ctrl-C reaches them once, from here, and not as two signals. A second
    signal is passed on at once. A child that ends with `PERMANENT` is not started again.
    """

    def __init__(self, devices: Sequence[str], arguments: Sequence[str]) -> None:
        self._arguments = list(arguments)
        self._signals = 0
        self._code = 0
        self._children = [self._start(device) for device in devices]

    def run(self) -> int:
        """Supervises until SIGTERM, SIGINT or the last child's orderly end; returns the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        while self._children and not self._signals:
            time.sleep(POLL)
            self._children = [child for child in self._children if self._tend(child)]
        return max([self._code, *(self._join(child) for child in self._stopped())], default=0)

    def _start(self, device: str) -> _Child:
        command = [*command_of(WORKER), *self._arguments, "--device", device]
        env = {**environment_of(os.environ), PARENT: str(os.getpid())}
        return _Child(device, subprocess.Popen(command, env=env, start_new_session=True), time.monotonic())

    def _tend(self, child: _Child) -> bool:
        """Restarts a child that crashed when its pause is over; False once it has ended for good."""
        code = child.process.poll()
        if code is None:
            return True
        if code in (0, *PERMANENT):
            self._code = max(self._code, code)
            return False
        if child.due is None:
            if time.monotonic() - child.started > SOON:
                child.pause = RESTART_PAUSE
            log.error("worker died", device=child.device, exit_code=code, restart_in=child.pause)
            child.due = time.monotonic() + child.pause
        elif time.monotonic() >= child.due:
            fresh = self._start(child.device)
            child.process, child.started, child.due = fresh.process, fresh.started, None
            child.pause = min(2 * child.pause, MAX_RESTART_PAUSE)
        return True

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self._signals += 1
        if self._signals > 1:
            for child in self._children:
                child.process.send_signal(number)

    def _stopped(self) -> list[_Child]:
        """The children, after SIGTERM was sent to each."""
        for child in self._children:
            child.process.terminate()
        return self._children

    def _join(self, child: _Child) -> int:
        try:
            return abs(child.process.wait(STOP_SECONDS)) if child.due is None else 0
        except subprocess.TimeoutExpired:
            child.process.kill()
            return abs(child.process.wait())
