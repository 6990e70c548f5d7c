"""A function that trains in processes of its own, one for each job, so that Python code runs on several cores.

Processes are spawned, never forked: this program has threads, whose locks a fork would copy in any state. A process
serves one job until the trainer is closed; one that dies, or is ended since its run was called off, is replaced. The
pipe between the two carries objects that this program made itself, and the function by its name.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from studies.errors import GoldenError
from studies.external.backlog import Task
from studies.external.outcome import RunEnd
from studies.external.source import Lease
from studies.external.trial import CallableTrainer, Trial
from studies.records import Replicate

POLL_SECONDS = 0.1  # between two looks whether a run is called off
END_SECONDS = 5.0  # from SIGTERM to SIGKILL


@dataclass(frozen=True, slots=True)
class _Remote:
    """A run in the hands of another process; its values on the way go back by the pipe."""

    lease: Lease
    run: int
    pipe: Connection
    stopped: bool = False  # its process is ended instead

    @property
    def replicate(self) -> Replicate:
        """Everything random about the run."""
        return self.lease.runs[self.run]

    def report(self, step: int, value: float) -> None:
        """Send a value on the way."""
        self.pipe.send((step, value))


class ProcessTrainer:
    """Calls a function in a process of its own for each job.

    Args:
        train: as of `CallableTrainer`; it must be found by its name in a module.
        folder: the same.
        devices: for CUDA_VISIBLE_DEVICES, one for each job in turn; none: left as it is.

    Raises:
        GoldenError: the function cannot be sent to another process; the message says why.
    """

    grace = END_SECONDS + 1.0

    def __init__(self, train: Callable[[Trial], Any], folder: Path, devices: Sequence[str] = ()) -> None:
        _require_sendable(train)
        self._train = train
        self._folder = folder
        self._devices = tuple(devices)
        self._children: dict[int, tuple[SpawnProcess, Connection]] = {}  # by job
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for slot in list(self._children):
            self._end(slot)

    def __call__(self, task: Task) -> RunEnd | None:
        """The end of the run; None where it was stopped."""
        process, pipe = self._child(task.slot)
        try:
            pipe.send((task.lease, task.run))
            while not task.stopped:
                if pipe.poll(POLL_SECONDS):
                    found = pipe.recv()
                    if found is None or isinstance(found, RunEnd):
                        return found
                    task.report(*found)
        except (EOFError, OSError):
            process.join(END_SECONDS)
            code = process.exitcode
            self._end(task.slot)
            how = f"ended by signal {-code}" if code is not None and code < 0 else f"ended with status {code}"
            return RunEnd(failed=f"the process of the training {how}")
        except BaseException:
            self._end(task.slot)
            raise
        self._end(task.slot)
        return None

    def _child(self, slot: int) -> tuple[SpawnProcess, Connection]:
        with self._lock:  # a spawn reads and sets what all threads share
            if slot not in self._children:
                context = multiprocessing.get_context("spawn")
                ours, theirs = context.Pipe()
                device = self._devices[slot % len(self._devices)] if self._devices else None
                process = context.Process(
                    target=_serve, args=(theirs, self._train, self._folder, device), name=f"golden-job-{slot}"
                )
                process.daemon = False  # it may start processes of its own, such as those that load data
                process.start()
                theirs.close()
                self._children[slot] = process, ours
            return self._children[slot]

    def _end(self, slot: int) -> None:
        found = self._children.pop(slot, None)
        if found is None:
            return
        process, pipe = found
        pipe.close()  # one that waits for work leaves by itself
        process.terminate()
        process.join(END_SECONDS)
        if process.is_alive():
            process.kill()
            process.join()
        process.close()


def _serve(pipe: Connection, train: Callable[[Trial], Any], folder: Path, device: str | None) -> None:
    """Train what comes by the pipe, until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C reaches the program that started this, which ends it
    if device is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = device
    trainer = CallableTrainer(train, folder)
    with contextlib.suppress(EOFError, OSError):
        while True:
            lease, run = pipe.recv()
            end = trainer(_Remote(lease, run, pipe))
            pipe.send(None if end is None else replace(end, error=None))


def _require_sendable(train: Callable[[Trial], Any]) -> None:
    """See that another process finds the function.

    Raises:
        GoldenError: it does not.
    """
    cure = "define it in a module and import it, or leave `processes` out"
    main = sys.modules["__main__"]
    if getattr(train, "__module__", None) == "__main__" and not hasattr(main, "__file__"):
        raise GoldenError(f"`train` is defined in a notebook or console, where no other process finds it; {cure}")
    try:
        ForkingPickler.dumps(train)  # as the start of a process will
    except Exception as error:  # whatever a class raises that cannot be pickled
        raise GoldenError(f"`train` cannot be sent to another process ({error}); {cure}") from None
