"""Server-sent events that carry the revision of a study and nothing else; a listener fetches what changed.

While there are listeners, one task reads one number a second, and the revisions of the watched studies if it changed.
So a thousand open pages cost the database no more than one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from functools import partial

import structlog
from fastapi.sse import ServerSentEvent

from service.problems import ProblemError
from studies.errors import GoldenError, StudyNotFoundError
from studies.storage import overview
from studies.storage.engine import Database

POLL_SECONDS = 1.0
MAX_LISTENERS = 1000
RETRY_MILLISECONDS = 3000
_log = structlog.get_logger(__name__)


class Listener:
    """One open stream.

    Args:
        address: the network that its caller comes from.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.ended = False  # it has to make room for another
        self.wake = asyncio.Event()


class EventStreams:
    """Streams of revisions, which are read once for all listeners.

    Args:
        db: read while there are listeners.
        poll_seconds: between two readings.
        max_listeners: streams open at once.
    """

    def __init__(self, db: Database, *, poll_seconds: float = POLL_SECONDS, max_listeners: int = MAX_LISTENERS) -> None:
        self._db = db
        self._max_listeners = max_listeners
        self._poll_seconds = poll_seconds
        self._stamp: int | None = None  # over all studies; None until first read
        self._revisions: dict[str, int | None] = {}  # of watched studies; None: there is no such study
        self._watched: Counter[str] = Counter()
        self._readings: dict[str, asyncio.Task[int]] = {}  # in progress, by study; "" for all
        self._listeners: dict[Listener, None] = {}  # oldest first
        self._closed = asyncio.Event()

    @property
    def listeners(self) -> int:
        """The number of open streams."""
        return len(self._listeners)

    def close(self) -> None:
        """End every stream; called when the server is to stop, since it waits for open connections."""
        self._closed.set()

    @contextlib.contextmanager
    def place(self, address: str) -> Iterator[Listener]:
        """A place for one more stream, kept while the context lasts.

        Once all places are taken, the oldest stream of the address with the most ends for a newcomer from an address
        that would still have fewer, so that one address cannot take them all.

        Args:
            address: the network that the caller comes from.

        Raises:
            ProblemError: 503, as many streams are open as the service takes.
        """
        if len(self._listeners) >= self._max_listeners:
            self._make_room(address)
        listener = Listener(address)
        self._listeners[listener] = None
        try:
            yield listener
        finally:
            self._listeners.pop(listener, None)

    async def run(self) -> None:
        """Read revisions while there are listeners, until closed."""
        while not self._closed.is_set():
            if self._listeners:
                await self._refresh()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), self._poll_seconds)
        self._wake()

    async def require(self, name: str) -> None:
        """Check that there is a study; no reading is needed for one that is watched.

        Raises:
            StudyNotFoundError: there is none.
        """
        if not self._watched.get(name) or self._revisions.get(name) is None:
            await self._read(name)

    async def of_study(self, name: str, listener: Listener, *, known: int | None) -> AsyncIterator[ServerSentEvent]:
        """Events of one study: `revision` at each change, `gone` when it is deleted.

        Args:
            name: the study.
            listener: who has a place.
            known: the revision that the listener has; None for none.
        """
        self._watched[name] += 1
        try:
            if self._watched[name] == 1 or self._revisions.get(name) is None:
                self._revisions[name] = await self._read_if_there(name)
            async with contextlib.aclosing(self._turns(listener)) as turns:
                async for _ in turns:
                    revision = self._revisions[name]
                    if revision is None:
                        yield ServerSentEvent(event="gone", raw_data=name)
                        return
                    if revision != known:
                        known = revision
                        yield _event(revision)
        finally:
            self._watched[name] -= 1
            if self._watched[name] == 0:
                del self._watched[name]
                self._revisions.pop(name, None)

    async def of_all(self, listener: Listener, *, known: int | None) -> AsyncIterator[ServerSentEvent]:
        """Events of the study list: one whenever a study is changed, submitted or deleted. Arguments: as there."""
        newest: int | None = await self._read("")
        seen = self._stamp
        async with contextlib.aclosing(self._turns(listener)) as turns:
            async for _ in turns:
                if self._stamp != seen:
                    newest = seen = self._stamp
                if newest is not None and newest != known:
                    known = newest
                    yield _event(known)

    def _make_room(self, address: str) -> None:
        held = Counter(listener.address for listener in self._listeners)
        heaviest, most = held.most_common(1)[0]
        if most < held[address] + 2:
            text = "too many event streams are open; poll with ETag instead"
            raise ProblemError(503, "too-many-listeners", text, headers={"Retry-After": "30"})
        oldest = next(listener for listener in self._listeners if listener.address == heaviest)
        del self._listeners[oldest]
        oldest.ended = True
        oldest.wake.set()

    async def _turns(self, listener: Listener) -> AsyncGenerator[None]:
        """Yield at once, then after each reading that found a change."""
        while not (self._closed.is_set() or listener.ended):
            listener.wake.clear()  # before the listener acts, so that no change in the meantime is missed
            yield
            await listener.wake.wait()

    async def _read(self, name: str) -> int:
        """The revision of a study, or over all of them for ""; one reading serves all who ask meanwhile.

        Raises:
            StudyNotFoundError: there is no such study.
        """
        reading = self._readings.get(name)
        if reading is None:
            work = partial(overview.revision, self._db, name) if name else partial(overview.revisions, self._db)
            reading = self._readings[name] = asyncio.create_task(asyncio.to_thread(work))
            reading.add_done_callback(partial(self._reading_ended, name))
        return await asyncio.shield(reading)  # a listener that leaves does not end it for the others

    def _reading_ended(self, name: str, reading: asyncio.Task[int]) -> None:
        del self._readings[name]
        if not reading.cancelled():
            reading.exception()  # everybody who waited for it may have left

    async def _read_if_there(self, name: str) -> int | None:
        try:
            return await self._read(name)
        except StudyNotFoundError:
            return None

    async def _refresh(self) -> None:
        try:
            stamp = await asyncio.to_thread(overview.revisions, self._db)
            if stamp != self._stamp:
                self._revisions |= await asyncio.to_thread(self._watched_revisions)
                self._stamp = stamp
                self._wake()
        except GoldenError as error:  # the database is away: the next reading catches up
            _log.warning("revisions not read", reason=str(error))
        except Exception:
            _log.exception("revisions not read")  # a defect: logged with its traceback; streams stay open

    def _watched_revisions(self) -> dict[str, int | None]:
        return {name: _revision(self._db, name) for name, count in list(self._watched.items()) if count > 0}

    def _wake(self) -> None:
        for listener in self._listeners:
            listener.wake.set()


def _revision(db: Database, name: str) -> int | None:
    try:
        return overview.revision(db, name)
    except StudyNotFoundError:
        return None


def _event(revision: int) -> ServerSentEvent:
    return ServerSentEvent(event="revision", raw_data=str(revision), id=str(revision), retry=RETRY_MILLISECONDS)
