"""Functions that train in processes of their own, which import them from here."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from own_results import share_of

from studies.external.trial import Diverged, Trial


def train(trial: Trial) -> float:
    """A training whose result follows from its point and seeds alone."""
    first, second = trial.values()
    return share_of(first, second, order_seed=trial.order_seed, init_seed=trial.seed)


def odd(trial: Trial) -> float:
    """Each of the first trials in another way; the folder says where."""
    trial.report(1, 0.25)
    (trial.folder / f"{os.getpid()}").touch()
    if trial.number == 0:
        raise Diverged
    if trial.number == 1 and trial.attempt == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    if trial.number == 2 and trial.attempt == 1:
        raise ValueError("the disk is full")
    return float("nan") if trial.number == 3 else 0.5


def hang(trial: Trial) -> float:
    """Last until the process is ended."""
    (trial.folder / "ready").write_text(str(os.getpid()))
    while Path("/proc/self").exists():
        time.sleep(0.05)
    return 0.5
