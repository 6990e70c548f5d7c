"""One slot for work that keeps a core busy for seconds, and a short queue for it.

A caller that waits holds a thread of the pool that serves every request, so all but a few are refused at once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from service.problems import ProblemError

MAX_WAITING = 2  # threads that may wait


class OneAtATime:
    """Lets one caller work at a time.

    Args:
        timeout: seconds that a caller waits for the slot.
        retry_after: seconds after which a refused caller may ask again.
        busy: the reason given to a refused caller.
    """

    def __init__(self, *, timeout: float, retry_after: int, busy: str) -> None:
        self._timeout = timeout
        self._retry_after = retry_after
        self._busy = busy
        self._slot = threading.Semaphore(1)
        self._lock = threading.Lock()
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """The number of callers that wait for the slot."""
        return self._waiting

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold the slot while the context lasts.

        Raises:
            ProblemError: 429, at once if the queue is full, or if the slot was not free in time.
        """
        if not self._acquire():
            text = f"{self._busy}; try again in {self._retry_after} s"
            raise ProblemError(429, "too-many-requests", text, headers={"Retry-After": str(self._retry_after)})
        try:
            yield
        finally:
            self._slot.release()

    def _acquire(self) -> bool:
        if self._slot.acquire(blocking=False):
            return True
        with self._lock:
            if self._waiting >= MAX_WAITING:
                return False
            self._waiting += 1
        try:
            return self._slot.acquire(timeout=self._timeout)
        finally:
            with self._lock:
                self._waiting -= 1
