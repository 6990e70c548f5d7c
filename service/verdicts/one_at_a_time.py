"""A bench with one seat, for work that takes seconds of a core, and few places to wait for it.

Whoever waits holds a thread of the pool that answers every request, so all but a few are sent away at once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from service.problems import ProblemError

PLACES = 2  # threads that may wait


class Bench:
    """Seats one caller at a time.

    Args:
        patience: seconds that somebody waits for the seat.
        retry_after: seconds after which those sent away may ask again.
        busy: what they are told is going on.
    """

    def __init__(self, *, patience: float, retry_after: int, busy: str) -> None:
        self._patience = patience
        self._retry_after = retry_after
        self._busy = busy
        self._seat = threading.Semaphore(1)
        self._lock = threading.Lock()
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """How many wait for the seat."""
        return self._waiting

    @property
    def awaited(self) -> bool:
        """Whether anybody does."""
        return self._waiting > 0

    @contextmanager
    def seated(self) -> Iterator[None]:
        """The seat, for as long as the context lasts.

        Raises:
            ProblemError: 429, at once where the places are taken, or after waiting in vain.
        """
        if not self._sat_down():
            text = f"{self._busy}; try again in {self._retry_after} s"
            raise ProblemError(429, "too-many-requests", text, headers={"Retry-After": str(self._retry_after)})
        try:
            yield
        finally:
            self._seat.release()

    def _sat_down(self) -> bool:
        if self._seat.acquire(blocking=False):
            return True
        with self._lock:
            if self._waiting >= PLACES:
                return False
            self._waiting += 1
        try:
            return self._seat.acquire(timeout=self._patience)
        finally:
            with self._lock:
                self._waiting -= 1
