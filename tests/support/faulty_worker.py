"""`golden-worker` with a fault in its trainer: `python faulty_worker.py <fault> <trial number> [worker options]`.

Faults strike when the given trial of any sweep is in the stack:
    kill    the process kills itself, as the kernel's out-of-memory killer would
    abort   SIGABRT from inside, as a failed assertion on a device or in a driver ends a process; first attempts only
    memory  the address space is closed (RLIMIT_AS) and the trainer asks for a gigabyte: the allocator's own error
    hang    an endless loop
    raise   an exception
"supervised <fault>" runs the worker under the product's own supervisor, as one device of several.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from studies.records import RunResult
from worker import devices, main, runner
from worker.attempt import Attempt

ROOM = 2**26  # bytes of address space left
_stack = runner.Runner._stack


def strike(fault: str) -> None:
    """Do it."""
    if fault == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if fault == "abort":
        os.abort()
    if fault == "memory":
        exhaust()
    while fault == "hang":
        pass
    raise RuntimeError("the objective raised\nwith a second line")


def exhaust() -> None:
    """Meet the error of a network too large for this machine, for real; the limit is gone afterwards."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + ROOM, before[1]))
    try:
        torch.empty(2**28, dtype=torch.float32).fill_(1.0)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def run(fault: str, number: int, arguments: Sequence[str]) -> int:
    """A worker that suffers from it."""

    def stack(self: runner.Runner, attempt: Attempt, index: int) -> list[RunResult | None]:
        struck = [trial for trial in attempt.wanted if trial.number == number]
        if struck and not (fault == "abort" and min(trial.attempt for trial in struck) > 1):
            strike(fault)
        return _stack(self, attempt, index)

    runner.Runner._stack = stack  # type: ignore[method-assign]
    return main.main(arguments)


class FaultySupervisor(devices.Supervisor):
    """Starts this program in place of the worker."""

    def _start(self, device: str) -> devices._Child:
        command = [sys.executable, __file__, *self._arguments, "--device", device]
        env = {**os.environ, devices.PARENT: str(os.getpid())}
        return devices._Child(device, subprocess.Popen(command, env=env, start_new_session=True), time.monotonic())


if __name__ == "__main__":
    if sys.argv[1] == "supervised":
        sys.exit(FaultySupervisor(["cpu"], sys.argv[2:]).run())
    sys.exit(run(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))
