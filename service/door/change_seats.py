"""Changes take turns, so that those that wait for a locked database leave threads and connections to reads.

A change takes one of a few seats once its body has arrived, so that a slow sender holds none. From that moment it has
`patience.SERVICE.change` seconds, waiting for the seat included; then it is refused with 503.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.door.gate import PURE_POSTS, SAFE_METHODS
from service.problems import of_error
from studies.errors import StorageError
from studies.storage.patience import SERVICE, until

SEATS = 20  # changes in progress at once: half of the threads that answer requests


class ChangeSeats:
    """Middleware behind the gate.

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
        body = await _Arrived.of(receive)
        due = time.monotonic() + self._seconds
        try:
            await asyncio.wait_for(self._seats.acquire(), self._seconds)
        except TimeoutError:
            await of_error(self._busy())(scope, receive, send)
            return
        try:
            with until(due):
                await self._app(scope, body, send)
        finally:
            self._seats.release()


class _Arrived:
    """The messages of a body that has arrived, or the error that its arrival ended with, to be received again."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._messages: list[Message] = []
        self._error: Exception | None = None

    @classmethod
    async def of(cls, receive: Receive) -> _Arrived:
        """Wait for the whole body."""
        body = cls(receive)
        try:
            more = True
            while more:
                message = await receive()
                body._messages.append(message)
                more = message["type"] == "http.request" and message.get("more_body", False)
        except Exception as error:
            body._error = error  # raised where the application would meet it, which answers it
        return body

    async def __call__(self) -> Message:
        """The next message."""
        if self._messages:
            return self._messages.pop(0)
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        return await self._receive()
