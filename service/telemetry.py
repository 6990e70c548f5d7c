"""The outermost middleware: it gives each request an id, times it, and logs it without its query, which may be secret.

Plain ASGI, so that refusals of the gate are timed and logged too. The time ends when the response begins: an event
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

from service.logs import ACCESS
from service.prometheus import Metrics

HEADER = "X-Request-Id"
UNROUTED = "other"  # refused, or no such address: one series for all of them
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})  # asked every few seconds: logged only if they fail
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_API = "/api/v1"
_log = structlog.get_logger(ACCESS)


@dataclass(slots=True)
class _Outcome:
    status: int = 0  # 0: no response began
    seconds: float = 0.0


class Telemetry:
    """Middleware: a request id in every response and log line, a time in the histogram, a line in the access log.

    Args:
        app: the application behind it.
        metrics: takes the time of each request.
        access_log: whether each request is logged.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics, access_log: bool) -> None:
        self._app = app
        self._metrics = metrics
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, and note its status and time."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = request_id_of(Headers(scope=scope))
        outcome, started = _Outcome(), time.perf_counter()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                outcome.status, outcome.seconds = message["status"], time.perf_counter() - started
                message.setdefault("headers", [])
                MutableHeaders(raw=message["headers"])[HEADER] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, sending)
            finally:
                self._note(scope, outcome)

    def _note(self, scope: Scope, outcome: _Outcome) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._metrics.requests.labels(method, route_of(scope), str(outcome.status)).observe(outcome.seconds)
        if self._access_log and not (scope["path"] in PROBES and outcome.status < 400):
            client = scope.get("client") or ("", 0)
            _log.info(
                "request",
                method=method,
                path=scope["path"][:500],
                status=outcome.status,
                milliseconds=round(outcome.seconds * 1000, 1),
                client=client[0],
            )


def request_id_of(headers: Headers) -> str:
    """The id that the caller gave this request if it is short plain text, else a new one."""
    given = headers.get(HEADER, "")
    return given if _ID.fullmatch(given) else secrets.token_hex(8)


def route_of(scope: Scope) -> str:
    """The template of the route that responded, so that there are as many series as routes."""
    path: str | None = getattr(scope.get("route"), "path", None)
    if path is None:
        return UNROUTED
    return _API + path if scope["path"].startswith(_API + "/") else path
