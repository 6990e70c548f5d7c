"""Waiting for trials: a request for a lease that finds nothing waits here, and costs next to nothing meanwhile.

A caller that waits holds its connection to the service and nothing else: no thread, no seat of a change, no turn of its
network, no connection to the database. One task reads one number of the database, twice a second and only while
somebody waits; where it changed, it looks which studies have trials to lease, and as many callers as there are trials
try again, the one that has waited for longest first.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.door.caps import MAX_WAITING
from studies.errors import GoldenError
from studies.storage import external, overview
from studies.storage.engine import Database

PATH = "/api/v1/leases"
POLL_SECONDS = 0.5
ASKING_SECONDS = 60.0  # for which a caller that asked counts among those who share what waits
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request waits for: trials of a study, or of any; for so many seconds at most."""

    study: str | None
    seconds: float


class Askers:
    """The callers that asked for trials lately, each for one study or for any.

    Args:
        seconds: for which an asker counts.
        clock: seconds, monotonic.
    """

    def __init__(self, seconds: float = ASKING_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._asked: dict[str, tuple[float, str | None]] = {}  # by caller: when, and for which study; oldest first
        self._counts: Counter[str | None] = Counter()  # by study
        self._lock = threading.Lock()

    def count(self, caller: str, study: str | None) -> int:
        """Note that a caller asks now; return how many share what waits, itself included.

        Args:
            caller: its owner's and its own name.
            study: that it asks for; None: any. Whoever asks for any study shares with everybody.
        """
        with self._lock:
            now = self._clock()
            self._forget(caller)
            self._asked[caller] = (now, study)
            self._counts[study] += 1
            while self._asked[oldest := next(iter(self._asked))][0] < now - self._seconds:
                self._forget(oldest)
            return len(self._asked) if study is None else self._counts[study] + self._counts[None]

    def _forget(self, caller: str) -> None:
        _, study = self._asked.pop(caller, (0.0, ""))
        self._counts[study] -= 1
        if self._counts[study] <= 0:
            del self._counts[study]


@dataclass(slots=True, eq=False)
class _Waiter:
    study: str | None
    wake: asyncio.Event


class Waiters:
    """The callers that wait.

    Args:
        db: read while somebody waits.
        poll_seconds: between two readings.
        most: callers that may wait at once; others are answered at once that nothing waits.
    """

    def __init__(self, db: Database, *, poll_seconds: float = POLL_SECONDS, most: int = MAX_WAITING) -> None:
        self._db = db
        self._poll_seconds = poll_seconds
        self._most = most
        self._waiters: dict[_Waiter, None] = {}  # the one that has waited for longest first
        self._stamp: int | None = None  # over all studies, as last read
        self._fresh = False  # somebody came since, for whom nothing was looked for yet
        self._closed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiters)

    def close(self) -> None:
        """Wake everybody: the server is to stop, and waits for open connections."""
        self._closed.set()
        for waiter in self._waiters:
            waiter.wake.set()

    async def run(self) -> None:
        """Look for trials while somebody waits, until closed."""
        while not self._closed.is_set():
            if self._waiters:
                await self._look()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), self._poll_seconds)

    async def wait(self, study: str | None, seconds: float, gone: asyncio.Event) -> bool:
        """Wait until trials may be there to lease.

        Args:
            study: of which; None: of any.
            seconds: at most.
            gone: set once the caller has left.

        Returns:
            True where it is worth trying again; False where time is up, the caller left or the service stops.
        """
        if self._closed.is_set() or len(self._waiters) >= self._most:
            return False
        waiter = _Waiter(study, asyncio.Event())
        self._waiters[waiter] = None
        self._fresh = True
        left = [asyncio.ensure_future(event.wait()) for event in (waiter.wake, gone)]
        try:
            await asyncio.wait(left, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waiters.pop(waiter, None)
            for each in left:
                each.cancel()
        return waiter.wake.is_set() and not gone.is_set() and not self._closed.is_set()

    async def _look(self) -> None:
        fresh, self._fresh = self._fresh, False
        try:
            stamp = await asyncio.to_thread(overview.revisions, self._db)
            if fresh or stamp != self._stamp:
                self._wake(await asyncio.to_thread(external.waiting, self._db))
            self._stamp = stamp
        except GoldenError as error:  # the database is away: the next look catches up
            self._fresh = True
            _log.warning("no look for trials", reason=str(error))
        except Exception:
            self._fresh = True
            _log.exception("no look for trials")  # a defect: logged with its traceback; callers go on waiting

    def _wake(self, waiting: dict[str, int]) -> None:
        """Wake as many as there are trials for, the one that has waited for longest first."""
        for waiter in list(self._waiters):
            study = waiter.study or next((name for name, count in waiting.items() if count > 0), None)
            if study is not None and waiting.get(study, 0) > 0:
                waiting[study] -= 1
                waiter.wake.set()
                self._waiters.pop(waiter, None)


class LongPoll:
    """Middleware behind `Arrival`, before requests take seats and turns: it sends a lease again while it waits.

    Args:
        app: the application behind it.
        waiters: the callers that wait.
    """

    def __init__(self, app: ASGIApp, *, waiters: Waiters) -> None:
        self._app = app
        self._waiters = waiters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; an empty answer to a lease only once time is up."""
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        due = time.monotonic()
        body = await receive()
        gone = asyncio.Event()
        watching: asyncio.Task[None] | None = None
        try:
            while True:
                answer = _Held(send)
                scope.setdefault("state", {}).pop("wanted", None)
                await self._app(scope, _replaying(body, gone), answer)
                wanted: Wanted | None = scope["state"].get("wanted")
                if wanted is None or not answer.held:
                    await answer.let_go()
                    return
                if watching is None:
                    due += wanted.seconds
                    watching = asyncio.create_task(_watch(receive, gone))
                left = due - time.monotonic()
                if left <= 0.0 or not await self._waiters.wait(wanted.study, left, gone):
                    await answer.let_go()
                    return
        finally:
            if watching is not None:
                watching.cancel()


class _Held:
    """Keeps an empty answer (204) back; lets every other one through."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.held: list[Message] = []

    async def __call__(self, message: Message) -> None:
        if self.held or (message["type"] == "http.response.start" and message["status"] == 204):
            self.held.append(message)
        else:
            await self._send(message)

    async def let_go(self) -> None:
        """Send what was kept back."""
        for message in self.held:
            await self._send(message)


def _replaying(body: Message, gone: asyncio.Event) -> Receive:
    """What gives the application the whole body once more, and then the caller's leaving."""
    whole = [body]

    async def received() -> Message:
        if whole:
            return whole.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    return received


async def _watch(receive: Receive, gone: asyncio.Event) -> None:
    """Note that the caller has left; its body is here already."""
    while (await receive())["type"] != "http.disconnect":
        pass
    gone.set()
