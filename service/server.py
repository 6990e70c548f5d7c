"""The application served by uvicorn: one process, a socket that is bound first, and a clean stop."""

from __future__ import annotations

import signal
import socket
import sys
from types import FrameType

import uvicorn

from service.app import create_app
from service.door.connections import Connection
from service.door.gate import MAX_HEAD_BYTES, MAX_TARGET_BYTES
from service.events import EventStreams
from service.settings import Settings
from studies.errors import GoldenError

SWITCH_SECONDS = 0.001  # the event loop waits so long for a thread that parses or judges, some ten times a request
GRACE_SECONDS = 5  # for requests in progress at a stop
KEEP_ALIVE_SECONDS = 15
MAX_CONNECTIONS = 2000  # beyond, new ones are answered 503 at once


class Server(uvicorn.Server):
    """A server that ends the event streams at a stop, so that it need not wait for them.

    A stop by a signal is no failure.
    """

    def __init__(self, config: uvicorn.Config, streams: EventStreams) -> None:
        super().__init__(config)
        self._streams = streams

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """First signal: finish what is in progress. Second interrupt: stop at once."""
        self._streams.close()
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        self.should_exit = True


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
    """Serve until a signal asks for a stop."""
    sys.setswitchinterval(SWITCH_SECONDS)
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        log_config=None,  # `service.logs` has configured logging
        access_log=False,
        server_header=False,
        proxy_headers=False,  # nothing here trusts a forwarded address
        ws="none",
        http=Connection,
        loop="asyncio",
        h11_max_incomplete_event_size=MAX_TARGET_BYTES + MAX_HEAD_BYTES,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    Server(config, app.state.event_streams).run(sockets=[listener])
