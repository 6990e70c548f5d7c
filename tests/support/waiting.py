"""Waits for what a test means: a condition, the end of a process or of a thread, an event.

Every wait has one ceiling, far above what it takes on a machine with other work, and an error that names what never
came. No test depends on how long a wait takes.
"""

from __future__ import annotations

import faulthandler
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Any, Protocol

CEILING = 240.0  # seconds; pytest's own timeout is longer, so that a wait reports before it is cut off
PAUSE = 0.05  # seconds between looks


class Event(Protocol):
    """A threading or multiprocessing event."""

    def wait(self, timeout: float | None = None) -> bool:
        """True if the event was set in time."""


def wait_until(condition: Callable[[], Any], *, what: str | Callable[[], str], seconds: float = CEILING) -> Any:
    """The condition's first true value.

    Args:
        condition: is called again and again.
        what: is waited for; named in the error. A function is asked once time is up.
        seconds: a ceiling of the caller's own, where that time is what is tested.

    Raises:
        TimeoutError: the condition stayed false.
    """
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() >= deadline:
            raise TimeoutError(f"waited {seconds:g} s for {what if isinstance(what, str) else what()}")
        time.sleep(PAUSE)
    return value


def wait_for_event(event: Event, *, what: str) -> None:
    """Return once the event is set.

    Raises:
        TimeoutError: it was not.
    """
    if not event.wait(CEILING):
        raise TimeoutError(f"waited {CEILING:g} s for {what}")


def exit_code(process: subprocess.Popen[Any] | BaseProcess) -> int:
    """The code with which a process ends.

    Raises:
        TimeoutError: it runs on.
    """
    if isinstance(process, BaseProcess):
        process.join(CEILING)
        code, name = process.exitcode, process.name
    else:
        code, name = _code(process), str(process.args)
    if code is None:
        raise TimeoutError(f"waited {CEILING:g} s for process {process.pid} to end: {name}")
    return code


def join_all(*threads: threading.Thread) -> None:
    """Return once all threads have ended.

    Raises:
        TimeoutError: one runs on.
    """
    for thread in threads:
        thread.join(CEILING)
        if thread.is_alive():
            faulthandler.dump_traceback(file=sys.__stderr__)  # of every thread: where it waits, and for whom
            raise TimeoutError(f"waited {CEILING:g} s for thread {thread.name} to end")


def _code(process: subprocess.Popen[Any]) -> int | None:
    try:
        return process.wait(CEILING)
    except subprocess.TimeoutExpired:
        return None
