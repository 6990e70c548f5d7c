"""Logged-out sessions: their cookies are refused, also those that were copied to other browsers.

The database stores them. It is asked about a session only every few seconds, so that the twenty requests of a page cost
one query.
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

RECHECK_SECONDS = 5.0  # another service on the database may this long accept a session that was logged out here
MAX_KNOWN = 10_000  # sessions; far more than a lab has


class EndedSessions:
    """The sessions that were logged out, as this process knows them and as the database does.

    Args:
        db: the database.
        clock: seconds, monotonic.
    """

    def __init__(self, db: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._db, self._clock = db, clock
        self._known: dict[str, tuple[bool, float]] = {}  # id -> whether it has ended, and when the database was asked

    def end(self, session: str) -> None:
        """End a session for good: in this service at once, in others within `RECHECK_SECONDS`.

        Args:
            session: its id.

        Raises:
            StorageUnavailableError: the database cannot be reached, so the session goes on.
        """
        codes.use_once(self._db, session, expires=expiry_of(session))
        self._note(session, ended=True)

    async def has(self, session: str) -> bool:
        """True if a session, given by its id, has ended. While the database is away, its last reply counts.

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
        """Keep a reply. A late one does not bring back a session that was ended here in the meantime."""
        ended = ended or self._known.get(session, (False, -math.inf))[0]
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        self._known[session] = (ended, self._clock())
        return ended
