"""Changes take turns, so that those that wait for a locked database leave threads and connections to reads.

A change takes one of a few seats once its body has arrived, so that a slow sender holds none. From that moment it has
`patience.SERVICE.change` seconds, waiting for the seat included; then it is refused with 503. An extension until the
verdict is decided may have to judge first: there each call of the database has that time to itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from service.door.gate import PURE_POSTS, SAFE_METHODS
from service.problems import of_error
from studies.errors import StorageError
from studies.storage.patience import SERVICE, until

SEATS = 20  # changes in progress at once: half of the threads that answer requests


class ChangeSeats:
    """Middleware behind the gate and `Arrival`.

    Args:
        app: the application behind it.
        busy: makes the error for a change that found no seat in time.
        seats: changes in progress at once.
        seconds: that a change may take to find its seat and its place in the database.
    """

    def __init__(
        self, app: ASGIApp, *, busy: Callable[[], StorageError], seats: int = SEATS, seconds: float = SERVICE.change
    ) -> None:
        self._app = app
        self._busy = busy
        self._seats = asyncio.Semaphore(seats)
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; changes as soon as there is a seat."""
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS or scope["path"] in PURE_POSTS:
            await self._app(scope, receive, send)
            return
        due = time.monotonic() + self._seconds
        try:
            await asyncio.wait_for(self._seats.acquire(), self._seconds)
        except TimeoutError:
            await of_error(self._busy())(scope, receive, send)
            return
        try:
            with until(due):
                await self._app(scope, receive, send)
        finally:
            self._seats.release()
