"""Server-sent events that carry only a study's revision: what changed is fetched by whoever wants it.

While anybody listens, one task reads one number a second, and the watched studies' revisions when it moved; so a
thousand open pages ask the database no more than one does.
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


class Feed:
    """The latest revisions, read once for all listeners: one number over all studies, then those that are watched."""

    def __init__(self, db: Database, *, poll_seconds: float = POLL_SECONDS, max_listeners: int = MAX_LISTENERS) -> None:
        self._db = db
        self._max_listeners = max_listeners
        self._poll_seconds = poll_seconds
        self._stamp: int | None = None  # over all studies; None until first read
        self._revisions: dict[str, int | None] = {}  # of watched studies; None: there is no such study
        self._watched: Counter[str] = Counter()
        self._version = 0  # rises with each reading that found a change
        self._changed = asyncio.Condition()
        self._listeners = 0
        self._closed = asyncio.Event()

    @property
    def listeners(self) -> int:
        """Streams open now."""
        return self._listeners

    def close(self) -> None:
        """End every stream; called when the server is told to stop, since it waits for open connections."""
        self._closed.set()

    def admit(self) -> None:
        """Refuse a listener too many.

        Raises:
            ProblemError: 503, the service has as many listeners as it takes.
        """
        if self._listeners >= self._max_listeners:
            text = "too many event streams are open; poll with ETag instead"
            raise ProblemError(503, "too-many-listeners", text, headers={"Retry-After": "30"})

    async def run(self) -> None:
        """Read revisions while anybody listens, for as long as the service lives."""
        while not self._closed.is_set():
            if self._listeners:
                await self._refresh()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), self._poll_seconds)
        await self._wake()

    async def of_study(self, name: str, *, known: int | None) -> AsyncIterator[ServerSentEvent]:
        """Events of one study: `revision` at each change after `known`, `gone` when it is deleted."""
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
        """Events of the study list: one whenever any study changed, came or went."""
        self._stamp = await asyncio.to_thread(overview.revisions, self._db)
        async with contextlib.aclosing(self._turns()) as turns:
            async for _ in turns:
                if self._stamp is not None and self._stamp != known:
                    known = self._stamp
                    yield _event(known)

    async def _turns(self) -> AsyncGenerator[None]:
        """One turn at once, then one after each reading that found a change."""
        self._listeners += 1
        try:
            while not self._closed.is_set():
                seen = self._version  # noted before the listener acts, so that no change meanwhile is missed
                yield
                async with self._changed:
                    while self._version == seen:
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
        except GoldenError as error:  # the database is away: listeners keep what they know, the next reading tells
            _log.warning("revisions not read", reason=str(error))
        except Exception:
            _log.exception("revisions not read")  # a defect: logged with its traceback; streams stay open

    def _watched_revisions(self) -> dict[str, int | None]:
        return {name: _revision(self._db, name) for name, count in list(self._watched.items()) if count > 0}

    async def _wake(self) -> None:
        self._version += 1
        async with self._changed:
            self._changed.notify_all()


def _revision(db: Database, name: str) -> int | None:
    try:
        return overview.revision(db, name)
    except StudyNotFoundError:
        return None


def _event(revision: int) -> ServerSentEvent:
    return ServerSentEvent(event="revision", raw_data=str(revision), id=str(revision), retry=RETRY_MILLISECONDS)
