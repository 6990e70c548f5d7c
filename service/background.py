"""What the service does unasked: reaps expired leases and moves sweeps on, also when no worker is left to do so."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import NamedTuple

import structlog

from studies.advance import advance
from studies.errors import GoldenError
from studies.storage import queue
from studies.storage.engine import Database

LONGEST_PAUSE = 60.0  # seconds between attempts while the database is away
_log = structlog.get_logger(__name__)


class Tick(NamedTuple):
    """What a tick did."""

    leases_reaped: int
    sweeps_moved: int


class Ticker:
    """Calls `tick` every few seconds until stopped; outlives any outage of the database."""

    def __init__(self, db: Database, *, seconds: float, told: Callable[[Tick | None], object] = lambda _: None) -> None:
        self._db = db
        self._told = told  # what each tick did; None if it failed
        self._seconds = seconds
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End after the tick in progress."""
        self._stopping.set()

    async def run(self) -> None:
        """Tick until stopped, ever more rarely while ticks fail."""
        failures = 0
        while not self._stopping.is_set():
            done = await self._tick()
            self._told(done)
            failures = failures + 1 if done is None else 0
            pause = min(self._seconds * 2 ** min(failures, 16), max(self._seconds, LONGEST_PAUSE))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def _tick(self) -> Tick | None:
        try:
            done = await asyncio.to_thread(tick, self._db)
        except GoldenError as error:  # the database is away or being migrated
            _log.warning("tick failed", reason=str(error))
            return None
        except Exception:
            _log.exception("tick failed")  # a defect: logged with its traceback, and the next tick still comes
            return None
        if any(done):
            _log.info("tick", leases_reaped=done.leases_reaped, sweeps_moved=done.sweeps_moved)
        return done


def tick(db: Database) -> Tick:
    """Reap expired leases, then plan next phases."""
    return Tick(queue.reap(db), advance(db))
