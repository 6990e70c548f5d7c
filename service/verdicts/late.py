"""Waiting for a verdict, but not for long: a page that is opened while a verdict takes seconds comes without it."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait

from service.verdicts.cache import DatedVerdict, Judge
from studies.language.claim import Objective

SECONDS = 1.5  # a page waits so long for a verdict, then comes with a note that it is being made
THREADS = 2  # verdicts in the making at once; they are pure computing


class Patience:
    """Asks the judge in the background; of several pages that want the same verdict one asks."""

    def __init__(self, seconds: float = SECONDS, *, threads: int = THREADS) -> None:
        self._seconds = seconds
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="pages-judge")
        self._asked: dict[tuple[int, str, Objective | None], Future[DatedVerdict]] = {}
        self._lock = threading.Lock()

    def verdict(
        self, judge: Judge, name: str, objective: Objective | None, *, seconds: float | None = None
    ) -> DatedVerdict | None:
        """The verdict, None where it takes longer than a reader should wait; same errors as `Judge.verdict`."""
        key = (id(judge), name, objective)
        with self._lock:
            future = self._asked.get(key)
            new = future is None
            if future is None:
                future = self._asked[key] = self._pool.submit(judge.verdict, name, objective)
        if new:  # outside the lock: where the verdict is there already, it is called at once
            future.add_done_callback(lambda _: self._forget(key))
        done, _ = wait([future], self._seconds if seconds is None else seconds)
        return future.result() if done else None

    def close(self) -> None:
        """Begin no further verdict, so that the service need not make those in the queue before it can stop."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _forget(self, key: tuple[int, str, Objective | None]) -> None:
        with self._lock:
            self._asked.pop(key, None)
