"""Ends a training that takes longer than its study allows (`limits.trial_seconds`), however it is stuck.

    slow    it still reaches the ends of epochs: the runner finds it overdue there, gives the trials up and goes on
    hung    it does not: `GRACE` seconds after the limit a thread gives the trials up and ends the process with `HUNG`
    seized  no thread of this process runs any more: `SEIZED` seconds after the limit a timer outside the interpreter
            prints the stacks and ends the process; the lease runs out by itself

A supervisor starts such a process again; inside this one nothing can end a stuck thread.
"""

from __future__ import annotations

import faulthandler
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

GRACE = 2.0  # seconds after the limit that a training has to notice by itself
SEIZED = 12.0
HUNG = 5  # exit code
log = structlog.get_logger(__name__)


class Watchdog:
    """Watches one training at a time."""

    def __init__(self) -> None:
        self._deadline = float("inf")

    @property
    def overdue(self) -> bool:
        """True if the training watched last has used up its time."""
        return time.monotonic() >= self._deadline

    @contextmanager
    def watch(self, seconds: float, on_timeout: Callable[[], None]) -> Iterator[None]:
        """Limits the body's time.

        Args:
            seconds: the limit, from now.
            on_timeout: reports to the storage that the trials timed out; called from another thread, right before the
                process ends.
        """
        self._deadline = time.monotonic() + seconds
        timer = threading.Timer(seconds + GRACE, _end, (on_timeout,))
        timer.daemon = True
        timer.start()
        faulthandler.dump_traceback_later(seconds + SEIZED, exit=True, file=sys.__stderr__ or sys.stderr)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()
            timer.cancel()


def _end(on_timeout: Callable[[], None]) -> None:
    log.critical("a training hangs: this process ends", exit_code=HUNG)
    faulthandler.dump_traceback(file=sys.__stderr__ or sys.stderr)
    try:
        on_timeout()
    finally:
        os._exit(HUNG)
