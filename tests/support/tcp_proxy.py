"""A TCP proxy that reads PostgreSQL's messages well enough to cut a connection exactly at a COMMIT.

Faults, each counted in `cuts`:
    commit_lost     the connection is cut before a COMMIT reaches the server: nothing was committed
    ack_lost        the COMMIT reaches the server, its answer never reaches the client: committed, unknown to it
    down            no connection is accepted, all that are open are cut
    silent          bytes go nowhere, connections stay open: a network that swallows packets
    delay           seconds that each packet takes
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Literal

from waiting import join_all, wait_for_event

Fault = Literal["commit_lost", "ack_lost"]
Pair = tuple[asyncio.StreamWriter, asyncio.StreamWriter]  # to the client, to the server


class TcpProxy:
    """Forwards 127.0.0.1:`port` to a server, from a thread of its own."""

    def __init__(self, target: int) -> None:
        self._target = target
        self.cuts: Counter[str] = Counter()
        self.commits = 0
        self.share: dict[Fault, float] = {}  # which share of the COMMITs suffers which fault
        self.down = False
        self.silent = False
        self.delay = 0.0
        self._chance = random.Random(20261120)
        self._open: set[asyncio.StreamWriter] = set()
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True, name="tcp-proxy")
        self._thread.start()
        wait_for_event(self._ready, what="the proxy")

    def cut_all(self) -> None:
        """Reset every open connection."""
        self._loop.call_soon_threadsafe(self._cut_all)

    def close(self) -> None:
        """Stop for good."""
        self.down = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        join_all(self._thread)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port = int(server.sockets[0].getsockname()[1])
        self._ready.set()
        self._loop.run_forever()
        self._cut_all()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.05))
        self._loop.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.down:
            _reset(writer)
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            _reset(writer)
            return
        pair = (writer, far_writer)
        self._open.update(pair)
        lost = asyncio.Event()  # the answer to the COMMIT under way is to be swallowed
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await asyncio.gather(self._up(reader, pair, lost), self._down(far_reader, pair, lost))
        self._drop(pair)

    async def _up(self, reader: asyncio.StreamReader, pair: Pair, lost: asyncio.Event) -> None:
        buffer = b""
        started = False
        while chunk := await self._pass(reader):
            buffer += chunk
            while (size := _message_size(buffer, started)) is not None and len(buffer) >= size:
                message, buffer = buffer[:size], buffer[size:]
                started = started or not message.startswith(struct.pack("!ii", 8, 80877103))  # an SSL request
                if _is_commit(message):
                    self.commits += 1
                    if self._strikes("commit_lost"):
                        return self._drop(pair)
                    if self._strikes("ack_lost"):
                        lost.set()
                pair[1].write(message)
            await pair[1].drain()
        return self._drop(pair)

    async def _down(self, reader: asyncio.StreamReader, pair: Pair, lost: asyncio.Event) -> None:
        while chunk := await self._pass(reader):
            if lost.is_set():  # the server has answered, so it has committed
                break
            pair[0].write(chunk)
            await pair[0].drain()
        self._drop(pair)

    async def _pass(self, reader: asyncio.StreamReader) -> bytes:
        chunk = await reader.read(65_536)
        if self.delay:
            await asyncio.sleep(self.delay)
        while self.silent:
            await asyncio.sleep(0.05)
        return chunk

    def _strikes(self, fault: Fault) -> bool:
        struck = self._chance.random() < self.share.get(fault, 0.0)
        self.cuts[fault] += struck
        return struck

    def _drop(self, pair: Pair) -> None:
        for writer in pair:
            self._open.discard(writer)
            _reset(writer)

    def _cut_all(self) -> None:
        self.cuts["reset"] += len(self._open) // 2
        for writer in list(self._open):
            self._open.discard(writer)
            _reset(writer)


def _message_size(buffer: bytes, started: bool) -> int | None:
    """Length of the first message; the very first ones have no type byte."""
    head = 1 if started else 0
    if len(buffer) < head + 4:
        return None
    return head + int(struct.unpack("!i", buffer[head : head + 4])[0])


def _is_commit(message: bytes) -> bool:
    return message[:1] in (b"Q", b"P") and b"COMMIT" in message[5:40]


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with a reset rather than a farewell."""
    with contextlib.suppress(OSError, AttributeError):
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with contextlib.suppress(OSError, RuntimeError):
        writer.transport.abort()


@contextlib.contextmanager
def tcp_proxy(target: int) -> Iterator[TcpProxy]:
    """A proxy that is gone afterwards."""
    proxy = TcpProxy(target)
    try:
        yield proxy
    finally:
        proxy.close()
