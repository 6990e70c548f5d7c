"""An application served by uvicorn in a thread, with the service's own connections."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI
from waiting import join_all, wait_until

from service.door.connections import Connection
from service.server import bind


@contextmanager
def serving(app: FastAPI, port: int = 0) -> Iterator[int]:
    """Serve an application on a port, which is given, while the context lasts; 0: on a free one."""
    listener = bind("127.0.0.1", port)
    config = uvicorn.Config(app, log_config=None, http=Connection, ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
    thread.start()
    try:
        wait_until(lambda: server.started, what="the server")
        yield listener.getsockname()[1]
    finally:
        app.state.event_streams.close()
        app.state.waiters.close()
        server.should_exit = True
        join_all(thread)
        listener.close()
