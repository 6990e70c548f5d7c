"""The service's background work: reap expired leases and move sweeps on, also when no worker is left to do so."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import structlog

from studies.advance import FailedTry, advance
from studies.errors import SchemaError, StorageUnavailableError
from studies.storage import queue, watch
from studies.storage.engine import Database
from studies.storage.unplanned import TRIES

LONGEST_REST = 60.0  # seconds before a job with a defect is tried again
_log = structlog.get_logger(__name__)


class Tick(NamedTuple):
    """The work of one tick."""

    leases_reaped: int
    sweeps_moved: int


class Ticker:
    """Reaps leases and moves sweeps on every few seconds until stopped; survives any outage of the database.

    It tries at every tick, however long the database was away, so that its return is noticed within one tick. Leases
    are also reaped while sweeps cannot be moved on. Each tick also looks whether this is the database that it was.

    Args:
        db: the database.
        seconds: between two ticks.
        on_tick: called after each tick with its work; None if part of it failed.
    """

    def __init__(
        self, db: Database, *, seconds: float, on_tick: Callable[[Tick | None], object] = lambda _: None
    ) -> None:
        self._on_tick = on_tick
        self._seconds = seconds
        self._stopping = asyncio.Event()
        look = Job("look", partial(_look, db), seconds)
        self._jobs = [
            Job("reap", partial(queue.reap, db), seconds),
            Job("advance", partial(advance, db, on_failure=_log_failure), seconds),
            look,
        ]

    def stop(self) -> None:
        """End after the tick in progress."""
        self._stopping.set()

    async def run(self) -> None:
        """Tick until stopped."""
        while not self._stopping.is_set():
            self._on_tick(await self._tick())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), self._seconds)

    async def _tick(self) -> Tick | None:
        reaped, moved, _ = [await asyncio.to_thread(job.run) for job in self._jobs]
        if reaped is None or moved is None:
            return None
        if reaped or moved:
            _log.info("tick", leases_reaped=reaped, sweeps_moved=moved)
        return Tick(reaped, moved)


class Job:
    """One part of a tick. Its failures do not stop the other parts, and are logged more and more rarely.

    Args:
        name: for the log.
        work: returns how much it did.
        seconds: between two ticks.
    """

    def __init__(self, name: str, work: Callable[[], int], seconds: float) -> None:
        self._name = name
        self._work = work
        self._seconds = seconds
        self._failures = 0
        self._due = 0.0  # monotonic

    def run(self) -> int | None:
        """The result of the work; None if it failed or is not due yet."""
        if time.monotonic() < self._due:
            return None
        try:
            done = self._work()
        except (StorageUnavailableError, SchemaError) as error:  # away, or being migrated: a longer rest saves nothing
            self._failures += 1
            if is_power_of_two(self._failures):
                _log.warning("tick failed", job=self._name, reason=str(error), failures=self._failures)
            return None
        except Exception:  # a defect, which may be expensive to repeat: logged with its traceback, tried again later
            self._failures += 1
            _log.exception("tick failed", job=self._name, failures=self._failures)
            rest = self._seconds * 2 ** min(self._failures, 16)
            self._due = time.monotonic() + min(rest, max(self._seconds, LONGEST_REST))
            return None
        if self._failures:
            _log.info("tick works again", job=self._name, failures=self._failures)
        self._failures = 0
        return done


def _log_failure(failed: FailedTry) -> None:
    """Log a failed try to plan a phase; the study's own note has the reason once the last try has failed."""
    said = "study failed" if failed.final else "phase not planned"
    _log.error(said, study=failed.study, sweep=failed.sweep, tries=failed.tries, of=TRIES, exc_info=failed.error)


def _look(db: Database) -> int:
    watch.look(db)
    return 0


def is_power_of_two(number: int) -> bool:
    """True for 1, 2, 4, 8, ...: the failures of these numbers in a row are logged."""
    return number.bit_count() == 1
