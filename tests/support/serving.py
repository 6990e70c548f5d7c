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
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve(sockets=[listener])

    def stop() -> None:
        app.state.event_streams.close()
        app.state.waiters.close()
        server.should_exit = True

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        wait_until(lambda: server.started, what="the server")
        yield listener.getsockname()[1]
    finally:
        if thread.is_alive():
            loops[0].call_soon_threadsafe(stop)  # on its own thread, as a signal's handler does, and at once
        join_all(thread)
        listener.close()
