"""Serving the application with uvicorn: one process, a socket bound before anything starts, a clean end."""

from __future__ import annotations

import asyncio
import signal
import socket
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from service.app import create_app
from service.events import Feed
from service.settings import Settings
from studies.errors import GoldenError

GRACE_SECONDS = 5  # for requests in progress when told to stop
KEEP_ALIVE_SECONDS = 15
MAX_CONNECTIONS = 2000  # beyond, new ones are answered 503 at once
HEADER_SECONDS = 15.0  # a request's head takes no longer to come
MAX_HEAD_BYTES = 32_768  # request line and headers together


class Server(uvicorn.Server):
    """Ends event streams when told to stop, so that it need not wait for them; a stop asked for is no failure."""

    def __init__(self, config: uvicorn.Config, feed: Feed) -> None:
        super().__init__(config)
        self._feed = feed

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """First signal: finish what is in progress. Second interrupt: stop at once."""
        self._feed.close()
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        self.should_exit = True


class Patient(H11Protocol):
    """HTTP/1.1 with patience: a connection that has asked nothing for a while is closed, however slowly it dribbles."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to watch."""
        super().connection_made(transport)
        self._watch: asyncio.TimerHandle | None = None
        self._look_again(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop watching."""
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def _look_again(self, last: Any) -> None:
        self._watch = self.loop.call_later(HEADER_SECONDS, self._look, last)

    def _look(self, last: Any) -> None:
        """Close if no request is in progress and none came since the last look."""
        idle = self.cycle is None or self.cycle.response_complete
        if idle and self.cycle is last:
            self.transport.close()
        else:
            self._look_again(self.cycle)


def bind(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        GoldenError: the address is taken or not ours; the message says what to do.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host.strip("[]"), port), family=family, backlog=2048)
    except OSError as error:
        raise GoldenError(
            f"cannot listen on {host}:{port} ({error.strerror}); choose another --port or --host"
        ) from None


def serve(settings: Settings, listener: socket.socket) -> None:
    """Serve until told to stop."""
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        log_config=None,  # `service.logs` has configured logging
        access_log=False,
        server_header=False,
        proxy_headers=False,  # nothing here trusts a forwarded address
        ws="none",
        http=Patient,
        loop="asyncio",
        h11_max_incomplete_event_size=MAX_HEAD_BYTES,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    Server(config, app.state.feed).run(sockets=[listener])
