"""What the service does unasked: reaps expired leases and moves sweeps on, also when no worker is left to do so."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import structlog

from studies.advance import advance
from studies.errors import SchemaError, StorageUnavailableError
from studies.storage import queue
from studies.storage.engine import Database

LONGEST_REST = 60.0  # seconds before a defective chore is tried again
_log = structlog.get_logger(__name__)


class Tick(NamedTuple):
    """What a tick did."""

    leases_reaped: int
    sweeps_moved: int


class Ticker:
    """Reaps and moves sweeps on every few seconds until stopped; outlives any outage of the database.

    It asks at every tick however long the database was away, so that its return is noticed within one; leases are
    reaped also while sweeps cannot be moved on.
    """

    def __init__(self, db: Database, *, seconds: float, told: Callable[[Tick | None], object] = lambda _: None) -> None:
        self._told = told  # what each tick did; None if part of it failed
        self._seconds = seconds
        self._stopping = asyncio.Event()
        self._chores = [
            _Chore("reap", partial(queue.reap, db), seconds),
            _Chore("advance", partial(advance, db), seconds),
        ]

    def stop(self) -> None:
        """End after the tick in progress."""
        self._stopping.set()

    async def run(self) -> None:
        """Tick until stopped."""
        while not self._stopping.is_set():
            self._told(await self._tick())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), self._seconds)

    async def _tick(self) -> Tick | None:
        reaped, moved = [await asyncio.to_thread(chore.do) for chore in self._chores]
        if reaped is None or moved is None:
            return None
        if reaped or moved:
            _log.info("tick", leases_reaped=reaped, sweeps_moved=moved)
        return Tick(reaped, moved)


class _Chore:
    """One part of a tick, which the others do not suffer from. The same failure is logged ever more rarely."""

    def __init__(self, name: str, work: Callable[[], int], seconds: float) -> None:
        self._name = name
        self._work = work
        self._seconds = seconds
        self._failures = 0
        self._due = 0.0  # monotonic

    def do(self) -> int | None:
        """What the work gave, None if it failed or rests."""
        if time.monotonic() < self._due:
            return None
        try:
            done = self._work()
        except (StorageUnavailableError, SchemaError) as error:  # away, or being migrated: waiting spares nothing
            if self._fails():
                _log.warning("tick failed", chore=self._name, reason=str(error), failures=self._failures)
            return None
        except Exception:  # a defect, which may be dear to repeat: logged with its traceback, and tried again later
            self._fails()
            _log.exception("tick failed", chore=self._name, failures=self._failures)
            rest = self._seconds * 2 ** min(self._failures, 16)
            self._due = time.monotonic() + min(rest, max(self._seconds, LONGEST_REST))
            return None
        if self._failures:
            _log.info("tick works again", chore=self._name, failures=self._failures)
        self._failures = 0
        return done

    def _fails(self) -> bool:
        """Count a failure; whether it is the first, second, fourth, eighth ... in a row."""
        self._failures += 1
        return self._failures & (self._failures - 1) == 0


def tick(db: Database) -> Tick:
    """Reap expired leases, then plan next phases."""
    return Tick(queue.reap(db), advance(db))
