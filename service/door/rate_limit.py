"""A rate limit per caller by token buckets, so that one script cannot starve the other callers."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

MAX_CALLERS = 10_000  # remembered; beyond, the caller that was quiet for longest is forgotten


@dataclass(slots=True)
class _Bucket:
    left: float  # requests
    at: float  # when that was counted


class RateLimit:
    """Allows each caller a number of requests a minute. After a quiet minute as many may come at once.

    Args:
        per_minute: requests.
        clock: seconds, monotonic.
    """

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = float(per_minute)
        self._rate = per_minute / 60.0
        self._clock = clock
        self._buckets: OrderedDict[Hashable, _Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, caller: Hashable) -> int:
        """Count one request: 0 if it is allowed, else the whole seconds until one is."""
        with self._lock:
            bucket = self._filled(self._buckets.pop(caller, None))
            self._buckets[caller] = bucket
            while len(self._buckets) > MAX_CALLERS:
                self._buckets.popitem(last=False)
            seconds = self._seconds(bucket)
            if seconds == 0:
                bucket.left -= 1.0
            return seconds

    def wait(self, caller: Hashable) -> int:
        """The result that `take` would give, without counting a request."""
        with self._lock:
            return self._seconds(self._filled(self._buckets.get(caller)))

    def _filled(self, bucket: _Bucket | None) -> _Bucket:
        """The bucket with what has flowed in since it was counted; a full one for a new caller."""
        now = self._clock()
        bucket = bucket or _Bucket(self._burst, now)
        bucket.left = min(self._burst, bucket.left + (now - bucket.at) * self._rate)
        bucket.at = now
        return bucket

    def _seconds(self, bucket: _Bucket) -> int:
        return 0 if bucket.left >= 1.0 else max(1, math.ceil((1.0 - bucket.left) / self._rate))
