"""Keeps the leases of a batch alive from a thread of its own, and says when they are gone.

The thread renews every third of the lease, at least every `LONGEST_PAUSE` seconds so that no long lease makes a worker
look dead, and more often while the database is away. A trial is lost once the storage says so, and only then: during an
outage nobody else can claim it either, and afterwards its token decides, so a worker that is cut off goes on training
what it holds. `expired` tells that the leases must have run out by this machine's monotonic clock, counted from the
moment the last good renewal was *sent*. Losing a lease never raises in the training thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import structlog

from studies.errors import StorageUnavailableError
from studies.storage.records import Beat, ClaimedTrial

MARGIN = 0.1  # share of the lease given up to delays between sending a renewal and its taking effect
LONGEST_PAUSE = 20.0  # seconds between renewals: a third of what makes the service call a worker dead
RETRY_SECONDS = 0.5  # pause before a failed renewal is tried again
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the keeper knows of its trials at one moment."""

    lost: frozenset[int]  # taken over or reaped, says the storage
    stop: frozenset[int]  # called off
    drain: bool
    expired: bool  # no renewal came through in time: the next answer of the storage decides


class LeaseKeeper:
    """Context manager that renews leases while its body trains.

    Args:
        beat: renews the given trials (id -> token) at the storage and returns what became of them.
        trials: the batch.
        lease_seconds: length of a lease, from the database's clock.
        claimed_at: the clock's reading from just before the claim was sent.
        clock: monotonic, in seconds.
    """

    def __init__(
        self,
        beat: Callable[[dict[int, int]], Beat],
        trials: Iterable[ClaimedTrial],
        *,
        lease_seconds: float,
        claimed_at: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._beat = beat
        self._clock = clock
        self._held = {trial.id: trial.token for trial in trials}
        self._lease_seconds = lease_seconds
        self._good_until = claimed_at + lease_seconds * (1 - MARGIN)
        self._lost: set[int] = set()
        self._stop: set[int] = set()
        self._drain = False
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease-keeper", daemon=True)

    def start(self) -> Self:
        """Begin to renew; for leases that no one block of code sees through."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Renew no more, and wait for a renewal under way. May be called again."""
        self._over.set()
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def standing(self) -> Standing:
        """The state now."""
        with self._lock:
            expired = self._clock() >= self._good_until
            return Standing(frozenset(self._lost), frozenset(self._stop), self._drain, expired)

    def release(self, trial_ids: Iterable[int]) -> None:
        """Renew these no more: they are finished, failed or handed back."""
        with self._lock:
            for trial_id in trial_ids:
                self._held.pop(trial_id, None)

    def _run(self) -> None:
        rest = pause = min(self._lease_seconds / 3, LONGEST_PAUSE)
        while not self._over.wait(pause):
            pause = rest if self._renew() else min(RETRY_SECONDS, self._lease_seconds / 10)

    def _renew(self) -> bool:
        with self._lock:
            held = {i: t for i, t in self._held.items() if i not in self._lost}
        sent = self._clock()
        try:
            beat = self._beat(held)
        except StorageUnavailableError as error:
            log.warning("heartbeat failed", error=str(error), trials=len(held))
            return False
        with self._lock:
            self._good_until = max(self._good_until, sent + self._lease_seconds * (1 - MARGIN))
            self._lost |= beat.lost
            self._stop |= beat.stop
            self._drain = self._drain or beat.drain
        return True
