"""`golden-worker` with a fault in its trainer: `python faulty_worker.py <fault> <trial number> [worker options]`.

Faults strike when the given trial of any sweep is in the stack: `kill` (the process kills itself, as a broken driver
would), `hang` (an endless loop), `raise`.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from studies.storage.records import Batch, ClaimedTrial
from worker import main, runner
from worker.lease import LeaseKeeper

_stack = runner.Runner._stack


def strike(fault: str) -> None:
    """Do it."""
    if fault == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    while fault == "hang":
        pass
    raise RuntimeError("the objective raised\nwith a second line")


def run(fault: str, number: int, arguments: Sequence[str]) -> int:
    """A worker that suffers from it."""

    def stack(
        self: runner.Runner, batch: Batch, trials: Sequence[ClaimedTrial], index: int, keeper: LeaseKeeper
    ) -> Any:
        if any(trial.number == number for trial in trials):
            strike(fault)
        return _stack(self, batch, trials, index, keeper)

    runner.Runner._stack = stack  # type: ignore[method-assign]
    return main.main(arguments)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))
