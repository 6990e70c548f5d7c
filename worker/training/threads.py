"""Threads over whole lanes or tiles, which share nothing; each of torch's operations stays on one thread.

This wastes less than splitting every operation over the cores, and bits do not depend on the number of threads.

Meanwhile subnormal numbers (below 1.2e-38 in float32) count as zero. Processors take a hundred times as long for a
product with one of them, and the gradients of a lane whose softmax has saturated are full of them.
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
    """Yields a map over as many threads as torch may use, at most `limit`; torch uses one thread in each of them."""
    allowed, flushed = torch.get_num_threads(), flushes_denormals()
    torch.set_num_threads(1)  # threads that are started from here on inherit it
    torch.set_flush_denormal(True)  # of this thread alone
    try:
        if min(allowed, limit) <= 1:
            yield _one_by_one
            return
        with ThreadPoolExecutor(min(allowed, limit), initializer=torch.set_flush_denormal, initargs=(True,)) as pool:

            def in_parallel(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
                return list(pool.map(work, items))

            yield in_parallel
    finally:
        torch.set_num_threads(allowed)
        torch.set_flush_denormal(flushed)


def flushes_denormals() -> bool:
    """True if this thread takes subnormal numbers for zero, which torch can set but not report."""
    return not bool(torch.full((1,), 1e-40).mul(1.0))


def _one_by_one(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    return [work(item) for item in items]
