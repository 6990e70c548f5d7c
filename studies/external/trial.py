"""A trial as a Python function gets it, and the trainer that calls the function."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from studies.errors import GoldenError
from studies.external.outcome import BROKE, MOST_TEXT, RunEnd, end_of
from studies.external.source import Lease
from studies.records import Replicate
from studies.text import printable

SEEDS = 2**32  # seeds are taken modulo this: NumPy and scikit-learn want no larger ones


class Diverged(Exception):
    """Raised by a training that broke, such as by a loss that is not finite: a result of the run, never a failure."""


class TrialStoppedError(GoldenError):
    """The trial need not be trained on: its lease is lost, its study has ended, or the program is to stop."""


class Handed(Protocol):
    """A run in the hands of whoever trains it: a `Task`, or what stands for it in another process."""

    @property
    def lease(self) -> Lease:
        """Of its trial."""

    @property
    def run(self) -> int:
        """Its index."""

    @property
    def replicate(self) -> Replicate:
        """Everything random about it."""

    @property
    def stopped(self) -> bool:
        """True where it need not be trained on."""

    def report(self, step: int, value: float) -> None:
        """Note a value on the way."""


class Trial(Mapping[str, float]):
    """One training: the parameters by name (`trial["lr"]`), and everything random about it.

    Attributes:
        seed: of the initial weights, and of whatever else is random; below 2**32, as all seeds here.
        order_seed: of the order of the data.
        split: seed of the split into folds.
        fold: the fold that is left out for testing; 0 where there are none.
        run: index of this training within its trial.
        number: of the trial within its sweep.
        phase, arm, block: its part in the study; trials of one block share their seeds and are compared in pairs.
        study, context, sweep, loss: what it belongs to.
        settings: what the context holds fixed.
        epochs: of the context; None where it names none.
        folds: of the splits; 1: there are none.
        attempt: 1 for the first.
        replicate: the seeds as the study's rows have them, below 2**53.
    """

    def __init__(self, task: Handed, folder: Path) -> None:
        lease, replicate = task.lease, task.replicate
        self._task = task
        self._folder = folder
        self._parameters = dict(lease.parameters)
        self.replicate: Replicate = replicate
        self.seed = replicate.init_seed % SEEDS
        self.order_seed = replicate.order_seed % SEEDS
        self.split = replicate.split % SEEDS
        self.fold = replicate.fold
        self.run = task.run
        self.number, self.phase, self.arm, self.block = lease.number, lease.phase, lease.arm, lease.block
        self.study, self.context, self.sweep, self.loss = lease.study, lease.context, lease.sweep, lease.loss
        self.settings: Mapping[str, Any] = lease.settings
        self.epochs, self.folds, self.attempt = lease.epochs, lease.folds, lease.attempt

    def __getitem__(self, name: str) -> float:
        """A parameter by its name.

        Raises:
            KeyError: there is none of this name; the message lists those that are there.
        """
        try:
            return self._parameters[name]
        except KeyError:
            raise KeyError(f"the parameters are {' and '.join(self._parameters)}, not {name!r}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._parameters)

    def __len__(self) -> int:
        return len(self._parameters)

    def __repr__(self) -> str:
        point = ", ".join(f"{name}={value:.4g}" for name, value in self._parameters.items())
        return f"<Trial {self.number} run {self.run} of {self.sweep}: {point}>"

    @property
    def folder(self) -> Path:
        """A folder for this run alone, for checkpoints: it survives failed attempts at the trial."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder

    @property
    def stopped(self) -> bool:
        """True where the trial need not be trained on."""
        return self._task.stopped

    def report(self, step: int, value: float) -> None:
        """Show the measure on the way, such as after an epoch; no verdict reads it.

        Raises:
            TrialStoppedError: the trial need not be trained on. Let it pass, and the function is left.
            ValueError: the step is below 0.
        """
        if step < 0:
            raise ValueError(f"`step` counts from 0, got {step}")
        if self._task.stopped:
            raise TrialStoppedError(f"trial {self.number} of {self.sweep} need not be trained on")
        self._task.report(int(step), float(value))


class CallableTrainer:
    """Calls a function with each trial, in the thread that takes it.

    Args:
        train: gets a `Trial`, returns the measure: a number, or a mapping with its name.
        folder: under which each run has its own, made where the function asks for it.
    """

    grace = 0.0  # seconds: a function cannot be ended from outside

    def __init__(self, train: Callable[[Trial], Any], folder: Path) -> None:
        self._train = train
        self._folder = folder

    def __call__(self, task: Handed) -> RunEnd | None:
        """The end of the run; None where it was stopped."""
        try:
            result = self._train(Trial(task, folder_of(self._folder, task.lease, task.run)))
        except Diverged:
            return BROKE
        except TrialStoppedError:
            return None
        except (Exception, SystemExit) as error:
            text, trace = failure_text(error), error.__traceback__
            own = error.with_traceback(trace.tb_next if trace is not None else None)  # without the frame of this method
            return RunEnd(failed=text, error=own)
        return end_of(result, task.lease.measure)


def folder_of(root: Path, lease: Lease, run: int) -> Path:
    """The folder of a run, the same for each attempt at it."""
    return root / lease.study / lease.sweep / str(lease.number) / str(run)


def failure_text(error: BaseException) -> str:
    """An exception as the text of a failed trial: what it says, then where it was raised."""
    said = "".join(traceback.format_exception_only(error)).strip()
    frames = traceback.extract_tb(error.__traceback__)[1:]  # ours is the first
    where = "".join(traceback.format_list(frames))
    room = max(0, MOST_TEXT - len(said) - 1)
    return printable(f"{said[:MOST_TEXT]}\n{where[-room:] if room else ''}".strip(), keep="\n\t")
