"""What the service does unasked: reaps expired leases and moves sweeps on, also when no worker is left to do so."""

from __future__ import annotations

import asyncio
import contextlib

import structlog

from studies.advance import advance
from studies.errors import GoldenError
from studies.storage import queue
from studies.storage.engine import Database

LONGEST_PAUSE = 60.0  # seconds between attempts while the database is away
_log = structlog.get_logger(__name__)


class Ticker:
    """Calls `tick` every few seconds until stopped; outlives any outage of the database."""

    def __init__(self, db: Database, *, seconds: float) -> None:
        self._db = db
        self._seconds = seconds
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End after the tick in progress."""
        self._stopping.set()

    async def run(self) -> None:
        """Tick until stopped, ever more rarely while ticks fail."""
        failures = 0
        while not self._stopping.is_set():
            failures = 0 if await self._tick() else failures + 1
            pause = min(self._seconds * 2 ** min(failures, 16), max(self._seconds, LONGEST_PAUSE))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def _tick(self) -> bool:
        try:
            reaped, moved = await asyncio.to_thread(tick, self._db)
        except GoldenError as error:  # the database is away or being migrated
            _log.warning("tick failed", reason=str(error))
            return False
        except Exception:
            _log.exception("tick failed")  # a defect: logged with its traceback, and the next tick still comes
            return False
        if reaped or moved:
            _log.info("tick", leases_reaped=reaped, sweeps_moved=moved)
        return True


def tick(db: Database) -> tuple[int, int]:
    """Reap expired leases, then plan next phases; returns how many of each."""
    return queue.reap(db), advance(db)
