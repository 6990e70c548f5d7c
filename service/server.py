"""The application served by uvicorn: one process, a socket that is bound first, and a clean stop."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from functools import partial
from types import FrameType
from typing import Any

import structlog
import uvicorn

from service.app import create_app
from service.door.caps import Caps, caps_for, raise_file_limit
from service.door.connections import Connection
from service.door.gate import MAX_HEAD_BYTES, MAX_TARGET_BYTES
from service.door.seats import Seats
from service.events import EventStreams
from service.long_poll import Waiters
from service.settings import Settings
from studies.errors import GoldenError

SWITCH_SECONDS = 0.001  # the event loop waits so long for a thread that parses or judges, some ten times a request
GRACE_SECONDS = 5  # for requests in progress at a stop
KEEP_ALIVE_SECONDS = 15
BACKLOG = 2048  # connections that the kernel keeps until they are accepted
ACCEPT_AT_ONCE = 16  # connections; those that are to be refused must not use up the files first
UNSENT_BYTES = 128 * 1024  # that the kernel takes before the caller reads; by itself it takes megabytes
NO_FILES = "socket.accept() out of system resource"  # asyncio's text
ACCEPT_REST = 1.0  # seconds for which asyncio accepts nothing then
_log = structlog.get_logger(__name__)
_files_log = structlog.get_logger(f"{__name__}.files")  # unlike the other one, not always written


class Server(uvicorn.Server):
    """A server that ends the event streams and the waits for trials at a stop, so that it need not wait for them.

    A stop by a signal is no failure.

    Args:
        config: uvicorn's.
        streams: the event streams.
        waiters: the callers that wait for trials.
        seats: the connections; some are closed if the process runs out of files all the same.
    """

    def __init__(self, config: uvicorn.Config, streams: EventStreams, waiters: Waiters, seats: Seats) -> None:
        super().__init__(config)
        self._streams = streams
        self._waiters = waiters
        self._seats = seats
        self._shrunk_at = 0.0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen; a shortage of files from now on closes connections that wait for their caller."""
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(BACKLOG)  # uvicorn uses one number for this and for how many it accepts at once
        asyncio.get_running_loop().set_exception_handler(self._on_loop_error)

    def _on_loop_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if context.get("message") != NO_FILES:
            loop.default_exception_handler(context)
        elif loop.time() - self._shrunk_at >= ACCEPT_REST / 2:  # asyncio reports each of several attempts
            self._shrunk_at = loop.time()
            self._seats.shrink()
            _files_log.error("no file is left for a new connection", connections=self._seats.held)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """First signal: finish what is in progress. Second interrupt: stop at once."""
        self._streams.close()
        self._waiters.close()
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        self.should_exit = True


def bind(host: str, port: int) -> socket.socket:
    """A listening socket, whose connections inherit its options.

    Raises:
        GoldenError: the address is taken or not ours; the message says what to do.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host.strip("[]"), port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise GoldenError(
            f"cannot listen on {host}:{port} ({error.strerror}); choose another --port or --host"
        ) from None
    # Else a body waits for the caller's confirmation of its head, which may take 40 ms. asyncio asks for this by itself
    # only where it made the socket.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
    return listener


def serve(settings: Settings, listener: socket.socket) -> None:
    """Serve until a signal asks for a stop."""
    sys.setswitchinterval(SWITCH_SECONDS)
    caps = _caps(settings)
    seats = Seats(caps)
    app = create_app(settings.model_copy(update={"max_streams": caps.streams}), waiting=caps.waiting)
    config = uvicorn.Config(
        app,
        log_config=None,  # `service.logs` has configured logging
        access_log=False,
        server_header=False,
        proxy_headers=False,  # nothing here trusts a forwarded address
        ws="none",
        http=partial(Connection, seats=seats),  # type: ignore[arg-type]
        loop="asyncio",
        h11_max_incomplete_event_size=MAX_TARGET_BYTES + MAX_HEAD_BYTES,
        backlog=ACCEPT_AT_ONCE,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    Server(config, app.state.event_streams, app.state.waiters, seats).run(sockets=[listener])


def _caps(settings: Settings) -> Caps:
    """Raise the limit of open files, and say what follows from it."""
    caps = caps_for(settings, raise_file_limit())
    _log.info("limits", files=caps.files, connections=caps.connections, anonymous=caps.anonymous, streams=caps.streams)
    for line in caps.warnings(settings):
        _log.warning(line)
    return caps
