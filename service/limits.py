"""How often a caller may change something: a token bucket per caller, so that one script cannot starve the rest."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

CALLERS = 10_000  # remembered; whoever was not heard of for longest is forgotten first


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Allowance:
    """So many requests a minute per caller; an idle minute lets as many come at once."""

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = float(per_minute)
        self._rate = per_minute / 60.0
        self._clock = clock
        self._buckets: OrderedDict[Hashable, _Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, caller: Hashable) -> int:
        """Spend one request: 0 if it is allowed, else the whole seconds after which one is."""
        now = self._clock()
        with self._lock:
            bucket = self._buckets.pop(caller, None) or _Bucket(self._burst, now)
            bucket.left = min(self._burst, bucket.left + (now - bucket.at) * self._rate)
            bucket.at = now
            self._buckets[caller] = bucket
            while len(self._buckets) > CALLERS:
                self._buckets.popitem(last=False)
            if bucket.left < 1.0:
                return max(1, math.ceil((1.0 - bucket.left) / self._rate))
            bucket.left -= 1.0
            return 0
