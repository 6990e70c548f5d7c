"""Verdicts that may come late: a page waits for one only so long, and judging goes on in the background."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait

from service.verdicts.cache import CachedVerdict, VerdictCache
from studies.language.claim import Objective
from studies.storage.read_models import StudySummary

TIMEOUT_SECONDS = 1.5  # how long a page waits; without a verdict it is shown with a note
THREADS = 2  # verdicts made at the same time; judging only computes


class LateVerdicts:
    """Makes verdicts in the background. Several pages that want the same verdict share one judging.

    Args:
        timeout: seconds that a caller waits for a verdict.
        threads: verdicts made at the same time.
    """

    def __init__(self, timeout: float = TIMEOUT_SECONDS, *, threads: int = THREADS) -> None:
        self._timeout = timeout
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="late-verdicts")
        self._pending: dict[tuple[int, str, Objective | None], Future[CachedVerdict]] = {}
        self._lock = threading.Lock()

    def verdict(
        self,
        cache: VerdictCache,
        name: str,
        objective: Objective | None,
        *,
        timeout: float | None = None,
        seen: StudySummary | None = None,
    ) -> CachedVerdict | None:
        """The verdict, or None if it does not come within `timeout` seconds; same errors as `VerdictCache.verdict`.

        `seen` is that of `VerdictCache.kept`.
        """
        if (kept := cache.kept(name, objective, seen)) is not None:
            return kept
        key = (id(cache), name, objective)
        with self._lock:
            future = self._pending.get(key)
            is_new = future is None
            if future is None:
                future = self._pending[key] = self._pool.submit(cache.verdict, name, objective)
        if is_new:  # outside the lock: the callback runs here at once if the verdict is there already
            future.add_done_callback(lambda _: self._forget(key))
        done, _ = wait([future], self._timeout if timeout is None else timeout)
        return future.result() if done else None

    def close(self) -> None:
        """Drop the verdicts in the queue, so that the service can stop without making them."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _forget(self, key: tuple[int, str, Objective | None]) -> None:
        with self._lock:
            self._pending.pop(key, None)
