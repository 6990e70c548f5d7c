"""Renews the leases of a batch from a thread of its own, and knows which of them are lost.

The renewal itself is a write of the storage: `studies.storage.queue.heartbeat`, called through `Status.beat`. How a
lease ends without a result is in `studies/storage/leases.py`.

The thread renews every third of the lease, at least every `LONGEST_PAUSE` seconds so that no long lease makes a worker
look dead, and more often while the database is away. A trial is lost once the storage reports it, and only then: during
an outage no other worker can claim it either, and afterwards its token decides, so a worker that is cut off goes on
training what it holds. `expired` means that the leases must have run out by this machine's monotonic clock, counted
from the moment the last successful renewal was *sent*. Losing a lease never raises in the training thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from studies.errors import StorageUnavailableError
from studies.storage.read_models import Beat, ClaimedTrial
from worker.outages import Outages

MARGIN = 0.1  # share of the lease given up to delays between sending a renewal and its taking effect
LONGEST_PAUSE = 20.0  # seconds between renewals: a third of what makes the service call a worker dead
RETRY_SECONDS = 0.5  # pause before a failed renewal is tried again


@dataclass(frozen=True, slots=True)
class LeaseState:
    """State of a batch's leases at one moment, as far as the keeper knows."""

    lost: frozenset[int]  # taken over or reaped, as the storage reported
    stop: frozenset[int]  # called off
    drain: bool
    expired: bool  # no renewal succeeded in time: the next answer of the storage decides


class LeaseKeeper:
    """Context manager that renews leases while its body trains.

    Args:
        beat: renews the given trials (id -> token) at the storage and returns which are lost or called off.
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
        self._tokens = {trial.id: trial.token for trial in trials}
        self._lease_seconds = lease_seconds
        self._good_until = claimed_at + lease_seconds * (1 - MARGIN)
        self._lost: set[int] = set()
        self._stop: set[int] = set()
        self._drain = False
        self._outages = Outages()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease-keeper", daemon=True)

    def start(self) -> Self:
        """Starts to renew; for leases that outlive one block of code."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Stops renewing, and waits for a renewal under way. May be called again."""
        self._over.set()
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def state(self) -> LeaseState:
        """The state now."""
        with self._lock:
            expired = self._clock() >= self._good_until
            return LeaseState(frozenset(self._lost), frozenset(self._stop), self._drain, expired)

    def release(self, trial_ids: Iterable[int]) -> None:
        """Stops renewing some trials: they are finished, failed or handed back."""
        with self._lock:
            for trial_id in trial_ids:
                self._tokens.pop(trial_id, None)

    def _run(self) -> None:
        rest = pause = min(self._lease_seconds / 3, LONGEST_PAUSE)
        while not self._over.wait(pause):
            pause = rest if self._renew() else min(RETRY_SECONDS, self._lease_seconds / 10)

    def _renew(self) -> bool:
        with self._lock:
            held = {i: t for i, t in self._tokens.items() if i not in self._lost}
        sent = self._clock()
        try:
            beat = self._beat(held)
        except StorageUnavailableError as error:
            self._outages.note("heartbeat failed", error, trials=len(held))
            return False
        self._outages.over()
        with self._lock:
            self._good_until = max(self._good_until, sent + self._lease_seconds * (1 - MARGIN))
            self._lost |= beat.lost
            self._stop |= beat.stop
            self._drain = self._drain or beat.drain
        return True
