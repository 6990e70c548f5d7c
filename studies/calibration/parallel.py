"""Simulated studies in several processes, in order, the same whatever their number.

Each process starts afresh and computes linear algebra in one thread: many small matrices gain nothing by more, and
results do not depend on how many there are.
"""

from __future__ import annotations

import math
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, TypeVar

from studies.errors import GoldenError

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
CHUNK = 4  # calls that a process takes at a time
T = TypeVar("T")


class ProcessEndedError(GoldenError, RuntimeError):
    """A process that simulated was ended from outside, for want of memory or by a signal."""


def in_processes(
    function: Callable[..., T], calls: Sequence[tuple[Any, ...]], processes: int | None = None
) -> Iterator[T]:
    """Results of `function(*call)` for each call, in order, as they become ready.

    Args:
        function: of a module, so that a process can import it; deterministic by its arguments.
        calls: arguments that can be pickled.
        processes: how many at a time, at most; None: in this process.

    Raises:
        ProcessEndedError: one of the processes was ended from outside.
    """
    if processes is None or not calls:
        yield from (function(*call) for call in calls)
        return
    busy = min(processes, math.ceil(len(calls) / CHUNK))
    with _one_thread(), ProcessPoolExecutor(busy, get_context("spawn"), initializer=_leave_interrupts) as pool:
        try:
            yield from pool.map(_called, [(function, call) for call in calls], chunksize=CHUNK)
        except BrokenProcessPool:
            text = "a process that simulated was ended from outside; run fewer at a time (`--processes`)"
            raise ProcessEndedError(text) from None


def _called(task: tuple[Callable[..., T], tuple[Any, ...]]) -> T:
    function, call = task
    return function(*call)


def _leave_interrupts() -> None:
    """Leave an interrupt from the keyboard to the process that started this one, which then ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let processes that start meanwhile compute in one thread."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
