"""An event loop of a test's own, also where another test has left one running in this thread (as playwright does)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from waiting import CEILING

T = TypeVar("T")


def run_alone(work: Coroutine[Any, Any, T]) -> T:
    """The coroutine's result, from a loop in a thread of its own."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, work).result()


async def until(condition: Callable[[], Any], *, what: str) -> None:
    """Return once the condition holds; other tasks go on meanwhile.

    Raises:
        TimeoutError: it never did.
    """
    deadline = time.monotonic() + CEILING
    while not condition():
        if time.monotonic() >= deadline:
            raise TimeoutError(f"waited {CEILING:g} s for {what}")
        await asyncio.sleep(0.01)
