"""The thread that parses what requests bring, so that the event loop answers everybody else meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from service.problems import ProblemError

MAX_WAITING_BYTES = 16 * 2**20  # of bodies that wait: sixty of the largest, thousands of ordinary ones
RETRY_SECONDS = 2

T = TypeVar("T")


class Parsing:
    """Parses one body at a time in a thread of its own; a second thread would share the interpreter with the first.

    Args:
        max_waiting_bytes: size of the bodies that may wait, all together.
    """

    def __init__(self, max_waiting_bytes: int = MAX_WAITING_BYTES) -> None:
        self._max_waiting_bytes = max_waiting_bytes
        self._waiting_bytes = 0  # changed on the event loop only
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="parsing")

    async def run(self, parse: Callable[[bytes], T], content: bytes) -> T:
        """What `parse` makes of a body; a caller that waits holds no thread.

        Raises:
            ProblemError: 429, too many bodies wait.
            Exception: whatever `parse` raises.
        """
        if self._waiting_bytes and self._waiting_bytes + len(content) > self._max_waiting_bytes:
            text = f"too many documents wait to be read; try again in {RETRY_SECONDS} s"
            raise ProblemError(429, "too-many-requests", text, headers={"Retry-After": str(RETRY_SECONDS)})
        self._waiting_bytes += len(content)
        try:
            return await asyncio.wrap_future(self._thread.submit(parse, content))
        finally:
            self._waiting_bytes -= len(content)

    def close(self) -> None:
        """Drop the bodies that wait, so that the service can stop."""
        self._thread.shutdown(wait=False, cancel_futures=True)
