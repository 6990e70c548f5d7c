"""Outermost of all: gives each request an id, times it, and logs it without its query, which may hold a secret.

Plain ASGI, so that refusals of the gate are timed and logged as well. The time runs until an answer begins: an event
stream would otherwise be the slowest request of all.
"""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.metrics import Meters

HEADER = "X-Request-Id"
UNROUTED = "other"  # refused, or no such address: one series for them all
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})  # asked every few seconds: logged only if they fail
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_API = "/api/v1"
_log = structlog.get_logger("service.access")


@dataclass(slots=True)
class _Answer:
    status: int = 0  # 0: none began
    seconds: float = 0.0


class Telemetry:
    """Middleware: a request id on every answer and log line, a time in the histogram, a line in the access log."""

    def __init__(self, app: ASGIApp, *, meters: Meters, access_log: bool) -> None:
        self._app = app
        self._meters = meters
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one connection through and note how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = request_id_of(Headers(scope=scope))
        answer, started = _Answer(), time.perf_counter()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status, answer.seconds = message["status"], time.perf_counter() - started
                message.setdefault("headers", [])
                MutableHeaders(raw=message["headers"])[HEADER] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, sending)
            finally:
                self._note(scope, answer)

    def _note(self, scope: Scope, answer: _Answer) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._meters.requests.labels(method, route_of(scope), str(answer.status)).observe(answer.seconds)
        if self._access_log and not (scope["path"] in PROBES and answer.status < 400):
            client = scope.get("client") or ("", 0)
            _log.info(
                "request",
                method=method,
                path=scope["path"][:500],
                status=answer.status,
                milliseconds=round(answer.seconds * 1000, 1),
                client=client[0],
            )


def request_id_of(headers: Headers) -> str:
    """The caller's id of this request where it is a harmless one, else a new one."""
    given = headers.get(HEADER, "")
    return given if _ID.fullmatch(given) else secrets.token_hex(8)


def route_of(scope: Scope) -> str:
    """The template of the route that answered, so that the number of series stays that of the routes."""
    path: str | None = getattr(scope.get("route"), "path", None)
    if path is None:
        return UNROUTED
    return _API + path if scope["path"].startswith(_API + "/") else path
