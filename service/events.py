"""Server-sent events that carry the revision of a study and nothing else; a listener fetches what changed.

While there are listeners, one task reads one number a second, and the revisions of the watched studies if it changed.
So a thousand open pages cost the database no more than one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator

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
        self._readings = 0  # that found a change
        self._changed = asyncio.Condition()
        self._listeners = 0
        self._closed = asyncio.Event()

    @property
    def listeners(self) -> int:
        """The number of open streams."""
        return self._listeners

    def close(self) -> None:
        """End every stream; called when the server is to stop, since it waits for open connections."""
        self._closed.set()

    def require_room(self) -> None:
        """Check that one more stream may be opened.

        Raises:
            ProblemError: 503, as many streams are open as the service takes.
        """
        if self._listeners >= self._max_listeners:
            text = "too many event streams are open; poll with ETag instead"
            raise ProblemError(503, "too-many-listeners", text, headers={"Retry-After": "30"})

    async def run(self) -> None:
        """Read revisions while there are listeners, until closed."""
        while not self._closed.is_set():
            if self._listeners:
                await self._refresh()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), self._poll_seconds)
        await self._wake()

    async def of_study(self, name: str, *, known: int | None) -> AsyncIterator[ServerSentEvent]:
        """Events of one study: `revision` at each change, `gone` when it is deleted.

        Args:
            name: the study.
            known: the revision that the listener has; None for none.
        """
        self._watched[name] += 1
        try:
            self._revisions[name] = await asyncio.to_thread(_revision, self._db, name)
            async with contextlib.aclosing(self._turns()) as turns:
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

    async def of_all(self, *, known: int | None) -> AsyncIterator[ServerSentEvent]:
        """Events of the study list: one whenever a study is changed, submitted or deleted. `known`: as there."""
        self._stamp = await asyncio.to_thread(overview.revisions, self._db)
        async with contextlib.aclosing(self._turns()) as turns:
            async for _ in turns:
                if self._stamp is not None and self._stamp != known:
                    known = self._stamp
                    yield _event(known)

    async def _turns(self) -> AsyncGenerator[None]:
        """Yield at once, then after each reading that found a change."""
        self._listeners += 1
        try:
            while not self._closed.is_set():
                seen = self._readings  # noted before the listener acts, so that no change in the meantime is missed
                yield
                async with self._changed:
                    while self._readings == seen:
                        await self._changed.wait()
        finally:
            self._listeners -= 1

    async def _refresh(self) -> None:
        try:
            stamp = await asyncio.to_thread(overview.revisions, self._db)
            if stamp != self._stamp:
                self._revisions |= await asyncio.to_thread(self._watched_revisions)
                self._stamp = stamp
                await self._wake()
        except GoldenError as error:  # the database is away: the next reading catches up
            _log.warning("revisions not read", reason=str(error))
        except Exception:
            _log.exception("revisions not read")  # a defect: logged with its traceback; streams stay open

    def _watched_revisions(self) -> dict[str, int | None]:
        return {name: _revision(self._db, name) for name, count in list(self._watched.items()) if count > 0}

    async def _wake(self) -> None:
        self._readings += 1
        async with self._changed:
            self._changed.notify_all()


def _revision(db: Database, name: str) -> int | None:
    try:
        return overview.revision(db, name)
    except StudyNotFoundError:
        return None


def _event(revision: int) -> ServerSentEvent:
    return ServerSentEvent(event="revision", raw_data=str(revision), id=str(revision), retry=RETRY_MILLISECONDS)
