"""An HTTP/1.1 connection of uvicorn that has a seat, closes idle callers, and lets refused ones read the response."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import sys
from typing import Any

import h11
from fastapi.responses import JSONResponse
from uvicorn.protocols.http.h11_impl import H11Protocol

from service.door.address import network_of
from service.door.caps import MAX_CONNECTIONS, Caps
from service.door.gate import HEADERS
from service.door.seats import Seat, Seats
from service.problems import problem

HEAD_SECONDS = 15.0  # for the head of a request to arrive
LINGER_SECONDS = 5.0  # after a refusal, for which further data is received and dropped
FULL_SECONDS = 1.0  # for the head of a request that will be answered 503, since all seats are taken
MAX_REFUSED = 16  # connections at once that are waited for in this way; further ones are closed at once
READ_SECONDS = 60.0  # for a caller to read anything of its response
STOP_SECONDS = 2.0  # at a stop, for a caller to send its body or read its response
RETRY_SECONDS = 2
NOT_HTTP = {
    400: ("malformed-request", "the request is not well-formed HTTP/1.1"),
    431: ("headers-too-large", "the head of the request is too large"),
    501: ("unknown-transfer-encoding", "bodies come with Content-Length or in chunks, not in another encoding"),
}


class Connection(H11Protocol):
    """Closes a connection without a complete request for a while, also if bytes trickle in; lets refusals be read.

    If we closed the socket while the caller still sends, its machine would drop our response: a caller in the middle
    of a large body would see a reset connection instead of "413". So we end our side, and drop what still arrives.

    Args:
        arguments: uvicorn's.
        seats: of all connections; None for a connection that is alone.
    """

    def __init__(self, *arguments: Any, seats: Seats | None = None, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._seats = seats or Seats(Caps(MAX_CONNECTIONS, MAX_CONNECTIONS, 1))
        self._seat: Seat | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._lingering = self._full = False
        self._unread_since: float | None = None
        self.app_state = {**self.app_state, "recognised": self._recognised}  # part of each request's scope

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a seat and start the timer, or refuse the caller."""
        super().connection_made(_LingeringTransport(transport, self))  # type: ignore[arg-type]
        self._seat = self._seats.take(network_of(self.client[0] if self.client else ""), self._close)
        if self._seat is not None:
            self._schedule_look(None)
        elif self._seats.refusing < MAX_REFUSED:
            self._full = True
            self._seats.refusing += 1
            self._timer = self.loop.call_later(FULL_SECONDS, self._refuse)
        else:
            self._refuse()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the seat back and stop the timer."""
        if self._seat is not None:
            self._seat.leave()
        self._seats.refusing -= self._full
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Pass the data on, or drop it."""
        if self._seat is None:
            self._refuse()
        elif not self._lingering:
            super().data_received(data)
            self._note()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        super().on_response_complete()
        self._note()

    def pause_writing(self) -> None:
        """Note that the caller does not read."""
        super().pause_writing()
        self._unread_since = self.loop.time()
        self._note()

    def resume_writing(self) -> None:
        """Note that the caller reads."""
        super().resume_writing()
        self._unread_since = None
        self._note()

    def shutdown(self) -> None:
        """Finish the response in progress, but do not wait long for a caller that keeps us waiting."""
        super().shutdown()
        if self._waits_in_the_middle():
            self.loop.call_later(STOP_SECONDS, self.transport.abort)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, as a problem and with the security headers.

        Args:
            msg: uvicorn's text, of which nothing is shown.
        """
        status = getattr(sys.exc_info()[1], "error_status_hint", 400)  # h11's; uvicorn calls this where it caught one
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True  # the application need not respond any more
            self.cycle.message_event.set()
        code, text = NOT_HTTP.get(status, NOT_HTTP[400])
        self._answer(problem(status, code, text))

    def begin_to_linger(self) -> bool:
        """Start to drop incoming data if more may arrive; return whether this started it."""
        if self._lingering or self._seat is None or self.conn.their_state not in {h11.SEND_BODY, h11.ERROR}:
            return False
        self._lingering = True
        self._note()
        return True

    def _refuse(self) -> None:
        """Answer 503: every seat is taken by a caller who is being served."""
        if not self.transport.is_closing():
            text = f"the service takes no more connections at present; try again in {RETRY_SECONDS} s"
            self._answer(problem(503, "too-many-connections", text, headers={"Retry-After": str(RETRY_SECONDS)}))

    def _answer(self, response: JSONResponse) -> None:
        """Send a response of our own and close; only close if another one has begun."""
        if self.conn.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            self.transport.abort()
            return
        own = {**HEADERS, "X-Request-Id": secrets.token_hex(8), "Connection": "close"}
        headers = [*self.server_state.default_headers, *response.raw_headers]
        headers += [(name.lower().encode(), value.encode()) for name, value in own.items()]
        events: list[h11.Event] = [h11.Response(status_code=response.status_code, headers=headers)]
        events += [h11.Data(data=bytes(response.body)), h11.EndOfMessage()]
        for event in events:
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _recognised(self) -> None:
        """Note that the caller has shown a credential; called by the gate."""
        if self._seat is not None:
            self._seat.recognise()

    def _note(self) -> None:
        """Tell the seat whether the connection waits for its caller."""
        if self._seat is None:
            return
        if self._lingering or self.cycle is None or self.cycle.response_complete:
            self._seat.waits()
        elif self._waits_in_the_middle():
            self._seat.waits(stalled=True)
        else:
            self._seat.works()

    def _waits_in_the_middle(self) -> bool:
        """True if the caller has yet to send its body or to read its response."""
        in_progress = self.cycle is not None and not self.cycle.response_complete
        return in_progress and (self.cycle.more_body or self._unread_since is not None)

    def _close(self) -> None:
        self.transport.abort()

    def _schedule_look(self, last: Any) -> None:
        self._timer = self.loop.call_later(HEAD_SECONDS, self._look, last)

    def _look(self, last: Any) -> None:
        """Close if no request is in progress and none has arrived since the last look, or if nothing is read."""
        idle = self.cycle is None or self.cycle.response_complete
        unread = self._unread_since is not None and self.loop.time() - self._unread_since >= READ_SECONDS
        if unread or (idle and self.cycle is last):
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
        with contextlib.suppress(OSError):  # the caller has gone: the transport will notice
            self._transport.write_eof()
        self._transport.resume_reading()
        asyncio.get_running_loop().call_later(LINGER_SECONDS, self._transport.abort)
