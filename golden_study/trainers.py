"""The trainer of a function: in threads, or in processes of its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from studies.external.children import ProcessTrainer
from studies.external.command import visible_devices
from studies.external.loop import Trainer
from studies.external.trial import CallableTrainer, Trial

NO_NOISE_CURE = (
    "take its seeds and parameters from the trial (trial.seed), or say accept_no_noise=True if that is meant"
)


def trainer_of(
    train: Callable[[Trial], Any], folder: Path, *, jobs: int, processes: bool
) -> AbstractContextManager[Trainer]:
    """The trainer, open while the context lasts.

    Args:
        train: the function.
        folder: under which each run has its own.
        jobs: trainings at once.
        processes: each job in a process of its own, with one GPU each where there are several.

    Raises:
        GoldenError: the function cannot be sent to another process.
    """
    if not processes:
        return nullcontext(CallableTrainer(train, folder))
    return ProcessTrainer(train, folder, visible_devices(os.environ) if jobs > 1 else ())
