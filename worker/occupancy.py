"""A worker's time by activity: training, waiting for work, and the overhead besides, which should be near zero."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Occupancy:
    """Seconds by activity. Each activity is booked by one thread at a time."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._wall: dict[str, float] = defaultdict(float)
        self._cpu: dict[str, float] = defaultdict(float)

    @contextmanager
    def spent(self, on: str) -> Iterator[None]:
        """Books the body's wall time and this thread's processor time."""
        started, thread = time.monotonic(), time.thread_time()
        try:
            yield
        finally:
            self._wall[on] += time.monotonic() - started
            self._cpu[on] += time.thread_time() - thread

    def summary(self) -> dict[str, float]:
        """Wall seconds since the start, and those booked under each activity.

        `outside_training` is the share of the wall time, "idle" left out, that is not "training". What runs beside the
        training takes processor time from it all the same: `beside_cpu_seconds` is how much.
        """
        wall = time.monotonic() - self._began
        occupied = max(wall - self._wall["idle"], 1e-9)
        booked = {f"{name}_seconds": round(seconds, 3) for name, seconds in sorted(self._wall.items())}
        beside = sum(seconds for name, seconds in self._cpu.items() if name not in ("training", "idle"))
        return {
            "wall_seconds": round(wall, 3),
            **booked,
            "beside_cpu_seconds": round(beside, 3),
            "outside_training": round(1.0 - self._wall["training"] / occupied, 4),
        }
