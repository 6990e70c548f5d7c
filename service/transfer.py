"""The middleware before the routes: the way in which a response is transferred.

- `HEAD` is answered wherever `GET` is, with its headers and without its body; a stream ends after its headers.
- A large body is sent in pieces, each once the caller has read the one before. Otherwise a copy of it would lie in
  memory for each caller that reads slowly or not at all.
- gzip is used for a caller that accepts it, by the weights of its `Accept-Encoding`.
- Of each network so many requests are worked on at a time, and fewer event streams opened, so that a thousand of them
  at once neither take every thread nor keep others waiting. The probes of an orchestrator wait for nobody.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable
from functools import partial

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.door.address import network_of
from service.door.gate import PROBE_PATHS, address_of

PIECE = 64 * 1024  # bytes
REQUESTS_AT_ONCE = 32  # of one network; below the 40 threads of Starlette's pool
STREAMS_AT_ONCE = 2  # that one network opens
STREAM_END = "/events"
OWN_HEADS = frozenset({"/login"})  # a GET there uses up a code, so HEAD has a route of its own
FOUND = ("route", "endpoint", "path_params")  # by the router; the access log and the metrics read the route
ENCODING = b"accept-encoding"


class Transfer:
    """Middleware that transfers responses.

    Args:
        app: the application behind it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._turns: dict[tuple[str, bool], _Turns] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on and transfer its response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        only_head = scope["method"] == "HEAD" and scope["path"] not in OWN_HEADS
        method = "GET" if only_head else scope["method"]
        inner = {**scope, "method": method, "headers": _negotiated(scope["headers"])}
        turn = _Turn()
        try:
            if scope["path"] not in PROBE_PATHS:
                await turn.begin(self._turns, network_of(address_of(scope)), stream=scope["path"].endswith(STREAM_END))
            await self._app(inner, receive, _Sending(send, turn, only_head=only_head))
        finally:
            turn.end()
            scope.update({key: inner[key] for key in FOUND if key in inner})


class _Turns:
    """The turns of one network, and the number of requests that have one or wait for one."""

    def __init__(self, at_once: int) -> None:
        self.semaphore = asyncio.Semaphore(at_once)
        self.requests = 0


class _Turn:
    """The right of one request to be worked on, until its response begins."""

    def __init__(self) -> None:
        self.end: Callable[[], None] = _nothing

    async def begin(self, turns: dict[tuple[str, bool], _Turns], network: str, *, stream: bool) -> None:
        """Wait for a turn of this network."""
        key = (network, stream)
        own = turns.setdefault(key, _Turns(STREAMS_AT_ONCE if stream else REQUESTS_AT_ONCE))
        own.requests += 1
        try:
            await own.semaphore.acquire()
            self.end = partial(self._end, own, turns, key)
        finally:
            if self.end is _nothing:  # cancelled
                self._forget(own, turns, key)

    def _end(self, own: _Turns, turns: dict[tuple[str, bool], _Turns], key: tuple[str, bool]) -> None:
        self.end = _nothing
        own.semaphore.release()
        self._forget(own, turns, key)

    def _forget(self, own: _Turns, turns: dict[tuple[str, bool], _Turns], key: tuple[str, bool]) -> None:
        own.requests -= 1
        if own.requests == 0:
            del turns[key]


def _nothing() -> None:
    """End no turn."""


class _Sending:
    """Sends the messages of one response, in pieces, or its head alone."""

    def __init__(self, send: Send, turn: _Turn, *, only_head: bool) -> None:
        self._send = send
        self._turn = turn
        self._only_head = only_head

    async def __call__(self, message: Message) -> None:
        if message["type"] != "http.response.body":
            await self._send(message)
            if self._only_head:
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})
            self._turn.end()
        elif not self._only_head:
            await self._in_pieces(message)

    async def _in_pieces(self, message: Message) -> None:
        body = message.get("body", b"")
        while len(body) > PIECE:
            await self._send({**message, "body": bytes(body[:PIECE]), "more_body": True})
            body = memoryview(body)[PIECE:]
        await self._send({**message, "body": bytes(body)})


def accepts_gzip(accept_encoding: str) -> bool:
    """True if `Accept-Encoding` names gzip with a weight that is above zero and not below that of no encoding."""
    weights = dict(_weights(accept_encoding))
    gzip = weights.get("gzip", weights.get("x-gzip", 0.0))
    return gzip > 0.0 and gzip >= weights.get("identity", 0.0)


def _weights(accept_encoding: str) -> Iterable[tuple[str, float]]:
    for part in accept_encoding.lower().split(","):
        coding, *parameters = (piece.strip() for piece in part.split(";"))
        weight = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        try:
            value = float(weight)
        except ValueError:
            value = 0.0
        yield coding, value if math.isfinite(value) else 0.0


def _negotiated(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers, with `Accept-Encoding: gzip` if the caller accepts it, and none otherwise."""
    given = ",".join(value.decode("latin-1") for name, value in headers if name == ENCODING)
    others = [(name, value) for name, value in headers if name != ENCODING]
    return [*others, (ENCODING, b"gzip")] if accepts_gzip(given) else others
