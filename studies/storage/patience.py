"""The time that a program waits for the database: the one place that says how long.

| program | a change, all its repetitions together | one lock | a connection |
|---|---|---|---|
| service | 4 s, so that a refusal is sent within 5 s | 2 s | 4 s |
| worker | 10 s; it comes again by itself, and can be stopped between | 5 s | 10 s |
| command | 60 s: a migration may be under way | 30 s | 10 s |

A read waits for a connection and for locks (which few programs take against readers) as long as a change. SQLite waits
for its file in slices of `SLICE`, so that a signal is seen meanwhile.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass

SLICE = 0.5  # seconds that SQLite waits inside one call
PAUSE_CAP = 1.0  # seconds, longest pause between two attempts
IDLE_SECONDS = 20  # an open transaction that sends nothing for this long is cut: a frozen worker must not block others
SAMPLER_SECONDS = 600  # the same while a sampler works inside its transaction


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that one program waits.

    Attributes:
        change: for a change, with all its repetitions.
        lock: for one lock of PostgreSQL.
        connect: for a connection to be made.
    """

    change: float
    lock: float
    connect: int

    def due(self) -> float:
        """The moment (`time.monotonic`) at which a call that begins now gives up."""
        return min(time.monotonic() + self.change, _deadline.get())


SERVICE = Patience(change=4.0, lock=2.0, connect=4)
WORKER = Patience(change=10.0, lock=5.0, connect=10)
COMMAND = Patience(change=60.0, lock=30.0, connect=10)

_deadline: ContextVar[float] = ContextVar("deadline", default=float("inf"))


@contextlib.contextmanager
def until(moment: float) -> Iterator[None]:
    """Let every call inside give up at this moment (`time.monotonic`) at the latest."""
    token = _deadline.set(moment)
    try:
        yield
    finally:
        _deadline.reset(token)
