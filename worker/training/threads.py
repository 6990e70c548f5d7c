"""Several cores: lanes share nothing, so threads take whole lanes or tiles, and torch's operations stay on one thread.

That wastes less than splitting every operation over the cores, and bits do not depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Protocol, TypeVar

import torch

Item = TypeVar("Item")
Result = TypeVar("Result")


class ForEach(Protocol):
    """A map that may run in parallel; returns once all is done."""

    def __call__(self, work: Callable[[Item], Result], items: Iterable[Item], /) -> list[Result]: ...


@contextmanager
def lane_threads(limit: int) -> Iterator[ForEach]:
    """Hands out a map over as many threads as torch may use, at most `limit`; torch keeps to one in each of them."""
    allowed = torch.get_num_threads()
    torch.set_num_threads(1)  # threads that are started from here on inherit it
    try:
        if min(allowed, limit) <= 1:
            yield _one_by_one
            return
        with ThreadPoolExecutor(min(allowed, limit)) as pool:

            def in_parallel(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
                return list(pool.map(work, items))

            yield in_parallel
    finally:
        torch.set_num_threads(allowed)


def _one_by_one(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    return [work(item) for item in items]
