"""An HTTP/1.1 connection of uvicorn that closes idle callers, and lets a refused caller read the response."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 15.0  # for the head of a request to arrive
LINGER_SECONDS = 5.0  # after a refusal, for which further data is received and dropped


class Connection(H11Protocol):
    """Closes a connection without a complete request for a while, also if bytes trickle in; lets refusals be read.

    If we closed the socket while the caller still sends, its machine would drop our response: a caller in the middle
    of a large body would see a reset connection instead of "413". So we end our side, and drop what still arrives.
    """

    _timer: asyncio.TimerHandle | None = None
    _lingering = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timer."""
        super().connection_made(_LingeringTransport(transport, self))  # type: ignore[arg-type]
        self._schedule_look(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Pass the data on, or drop it."""
        if not self._lingering:
            super().data_received(data)

    def begin_to_linger(self) -> bool:
        """Start to drop incoming data if more may arrive; return whether this started it."""
        if self._lingering or self.conn.their_state not in {h11.SEND_BODY, h11.ERROR}:
            return False
        self._lingering = True
        return True

    def _schedule_look(self, last: Any) -> None:
        self._timer = self.loop.call_later(HEAD_SECONDS, self._look, last)

    def _look(self, last: Any) -> None:
        """Close if no request is in progress and none has arrived since the last look."""
        idle = self.cycle is None or self.cycle.response_complete
        if idle and self.cycle is last:
            self.transport.abort()
        else:
            self._schedule_look(self.cycle)


class _LingeringTransport:
    """A transport whose `close` ends only our side at first if the caller still sends."""

    def __init__(self, transport: asyncio.Transport, connection: Connection) -> None:
        self._transport = transport
        self._connection = connection
        self._closing = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        """True if nothing more will be sent."""
        return self._closing or self._transport.is_closing()

    def close(self) -> None:
        """End our side, and the caller's once it has had time to read."""
        self._closing = True
        if self._transport.is_closing() or not self._connection.begin_to_linger():
            self._transport.close()
            return
        self._transport.write_eof()
        self._transport.resume_reading()
        asyncio.get_running_loop().call_later(LINGER_SECONDS, self._transport.abort)
