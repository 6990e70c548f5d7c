"""Sessions that a logout ended: their cookies work no more, wherever they were copied to.

The database knows them. It is asked about a session every few seconds at most, so that the twenty requests of a page
cost one question.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable

from service.door.security import expiry_of
from studies.errors import StorageUnavailableError
from studies.storage import codes
from studies.storage.engine import Database

RECHECK_SECONDS = 5.0  # for so long another service on the same database may let a session in that was logged out here
MOST_KNOWN = 10_000  # sessions; far more than a lab has


class EndedSessions:
    """Which sessions were logged out, as far as is known, and how to learn more."""

    def __init__(self, db: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._db, self._clock = db, clock
        self._known: dict[str, tuple[bool, float]] = {}  # session -> whether it has ended, and when that was asked

    def end(self, session: str) -> None:
        """End a session for good: here at once, in other services within `RECHECK_SECONDS`.

        Args:
            session: a cookie that the doorkeeper accepts.

        Raises:
            StorageUnavailableError: the database cannot be reached, so the session goes on.
        """
        codes.use_once(self._db, session, expires=expiry_of(session))
        self._note(session, ended=True)

    async def has(self, session: str) -> bool:
        """Whether a session has ended. While the database is away, the last answer stands.

        Raises:
            StorageUnavailableError: the database cannot be reached, and was never asked about this session.
        """
        ended, asked = self._known.get(session, (False, -math.inf))
        if ended or self._clock() - asked < RECHECK_SECONDS:
            return ended
        try:
            ended = await asyncio.to_thread(codes.is_used, self._db, session)
        except StorageUnavailableError:
            if asked == -math.inf:
                raise
            return False
        return self._note(session, ended=ended)

    def _note(self, session: str, *, ended: bool) -> bool:
        """Keep an answer; one that was on its way while the session ended here does not bring it back."""
        ended = ended or self._known.get(session, (False, -math.inf))[0]
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[session] = (ended, self._clock())
        return ended
