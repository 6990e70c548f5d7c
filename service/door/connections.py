"""One HTTP/1.1 connection: uvicorn's, made patient with slow readers of refusals and impatient with dawdlers."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 15.0  # a request's head takes no longer to come
LINGER_SECONDS = 5.0  # what still comes after a refusal is thrown away for so long


class Connection(H11Protocol):
    """Closes what has asked nothing for a while, however slowly it dribbles; lets refusals be read.

    Closing a socket while the caller still sends makes its machine throw our answer away: a caller in the middle of a
    large body would see a reset connection in place of "413". So we end our side, and throw away what still comes.
    """

    _watch: asyncio.TimerHandle | None = None
    _lingering = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to watch."""
        super().connection_made(_Gentle(transport, self))  # type: ignore[arg-type]
        self._look_again(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop watching."""
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Hand on what comes, or throw it away."""
        if not self._lingering:
            super().data_received(data)

    def may_linger(self) -> bool:
        """Begin to throw away what comes, if anything more may come; called once we want to close."""
        if self._lingering or self.conn.their_state not in {h11.SEND_BODY, h11.ERROR}:
            return False
        self._lingering = True
        return True

    def _look_again(self, last: Any) -> None:
        self._watch = self.loop.call_later(HEAD_SECONDS, self._look, last)

    def _look(self, last: Any) -> None:
        """Close if no request is in progress and none came since the last look."""
        idle = self.cycle is None or self.cycle.response_complete
        if idle and self.cycle is last:
            self.transport.abort()
        else:
            self._look_again(self.cycle)


class _Gentle:
    """A transport whose `close` ends our side first where the caller still sends."""

    def __init__(self, transport: asyncio.Transport, connection: Connection) -> None:
        self._transport = transport
        self._connection = connection
        self._closing = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        """Whether nothing more will be sent."""
        return self._closing or self._transport.is_closing()

    def close(self) -> None:
        """End our side, and theirs once they have had time to read."""
        self._closing = True
        if self._transport.is_closing() or not self._connection.may_linger():
            self._transport.close()
            return
        self._transport.write_eof()
        self._transport.resume_reading()
        asyncio.get_running_loop().call_later(LINGER_SECONDS, self._transport.abort)
