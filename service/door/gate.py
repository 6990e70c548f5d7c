"""What stands in front of every route: host, size, credentials, origin; and the headers that every answer carries.

Plain ASGI, so that it also guards pages, static files, streams and unknown paths alike.
"""

from __future__ import annotations

import asyncio
import time
from urllib.parse import urlsplit

from fastapi import HTTPException
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.door.rate_limit import Allowance
from service.door.security import COOKIE, Doorkeeper
from service.door.security import Scope as Access
from service.door.sessions import EndedSessions
from service.metrics import Meters
from service.pages.login_needed import entrance
from service.problems import of_error, problem, unexpected
from service.settings import Settings, is_loopback
from studies.errors import StorageUnavailableError

LOGIN = "/login"
OPEN_PATHS = frozenset({"/healthz", "/readyz", "/version", LOGIN})  # everything else needs a credential
PROBE_PATHS = frozenset({"/healthz", "/readyz"})  # asked by address, under any host name
METRICS = "/metrics"  # likewise where a token guards it: a Prometheus that finds services by itself asks their address
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
PURE_POSTS = frozenset({"/api/v1/studies/preview", "/api/v1/verdicts"})  # they change nothing
LOGOUT = "/logout"  # changes the caller's own session alone
READERS_POSTS = PURE_POSTS | {LOGOUT}  # a read token may send them
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]", "::1")
BODY_SECONDS = 30.0  # a body takes no longer to come
MAX_TARGET_BYTES = 8_192  # path and query
MAX_HEADERS = 100
MAX_HEAD_BYTES = 32_768
EVERYWHERE = ("0.0.0.0", "::")
HEADERS = {
    # plotly sets inline styles; everything executable comes from our own files.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # not "no-referrer": browsers would then send `Origin: null` with forms
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Gate:
    """Middleware: refuses what may not come in, and adds the security headers to what goes out."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        settings: Settings,
        doorkeeper: Doorkeeper,
        ended: EndedSessions,
        guesses: Allowance,
        meters: Meters,
    ) -> None:
        self._app = app
        self._ended = ended
        self._guesses = guesses
        self._doorkeeper = doorkeeper
        self._meters = meters
        self._allowance = Allowance(settings.writes_per_minute)
        self._limit = settings.max_body_bytes
        self._hosts = allowed_hosts(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one connection through, or answer it here."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            body = _Body(receive, self._limit)
            headers = Headers(scope=scope)
            announced = "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
            await self._http(scope, body, _with_headers(send, body, announced=announced))
        else:
            await send({"type": "websocket.close", "code": 1008})  # the service speaks no websockets

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        try:
            await self._recognise(scope, headers)
            refusal = self._refuse(scope, headers)
        except StorageUnavailableError as error:
            refusal = of_error(error)
        if refusal is not None:
            await refusal(scope, receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; what nothing inside expected is answered here, headers and all."""
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:
            if begun:  # half an answer is out: all that is left is to break it off
                raise
            await unexpected(scope, error)(scope, receive, send)

    def _refuse(self, scope: Scope, headers: Headers) -> Response | None:
        return (
            _refuse_head(scope)
            or self._refuse_host(scope["path"], headers)
            or self._refuse_guessing(scope, headers)
            or self._refuse_caller(scope, headers)
            or _refuse_origin(scope["method"], headers)
            or _refuse_size(headers, self._limit)
            or self._refuse_haste(scope)
        )

    def _refuse_host(self, path: str, headers: Headers) -> Response | None:
        if not self._hosts or path in PROBE_PATHS or host_name(headers.get("host", "")) in self._hosts:
            return None
        if path == METRICS and not self._doorkeeper.open:
            return None
        return problem(421, "unknown-host", "this service does not answer to that host; add it to GOLDEN_ALLOWED_HOSTS")

    def _refuse_guessing(self, scope: Scope, headers: Headers) -> Response | None:
        """Tokens and login codes from where too many were wrong are not looked at. Cookies are too long to guess."""
        path = scope["path"]
        guess = path == LOGIN or ("authorization" in headers and path not in OPEN_PATHS)
        if self._doorkeeper.open or not guess:
            return None
        seconds = self._guesses.wait(address_of(scope))
        return self._too_often("login", seconds) if seconds else None

    def _refuse_caller(self, scope: Scope, headers: Headers) -> Response | None:
        path = scope["path"]
        if self._doorkeeper.open:
            scope["state"]["access"] = Access.SUBMIT
        elif "authorization" in headers:
            scope["state"]["access"] = self._by_token(headers["authorization"])
        access = scope["state"]["access"]
        if path in OPEN_PATHS:
            return None
        if access is None:
            if "authorization" in headers:
                self._guesses.take(address_of(scope))
            return _unauthorized(path, headers)
        if access is Access.READ and scope["method"] not in SAFE_METHODS and path not in READERS_POSTS:
            return problem(403, "read-only-token", "this token may only look; use the one that may submit")
        return None

    def _refuse_haste(self, scope: Scope) -> Response | None:
        """Changes beyond a caller's allowance; a caller is an address and what it may do."""
        if scope["method"] in SAFE_METHODS:
            return None
        kind = "preview" if scope["path"] in PURE_POSTS else "write"
        seconds = self._allowance.take((kind, scope["state"]["access"], address_of(scope)))
        return self._too_often(kind, seconds) if seconds else None

    def _too_often(self, kind: str, seconds: int) -> Response:
        self._meters.refused.labels(kind).inc()
        text = f"too many requests in a short time; try again in {seconds} s"
        return problem(429, "too-many-requests", text, headers={"Retry-After": str(seconds)})

    def _by_token(self, authorization: str) -> Access | None:
        scheme, _, token = authorization.partition(" ")
        return self._doorkeeper.by_token(token.strip()) if scheme.lower() == "bearer" else None

    async def _recognise(self, scope: Scope, headers: Headers) -> None:
        """Note whose session a request without a token belongs to: signed here, not expired, not logged out."""
        state = scope.setdefault("state", {})
        state["session"] = state["access"] = None
        if self._doorkeeper.open or scope["path"] in OPEN_PATHS or "authorization" in headers:
            return
        cookie = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
        access = self._doorkeeper.by_session(cookie)
        if access is not None and not await self._ended.has(cookie):
            state["session"], state["access"] = cookie, access


def address_of(scope: Scope) -> str:
    """Who connects, whatever X-Forwarded-For says."""
    client = scope.get("client") or ("", 0)
    return str(client[0])


def allowed_hosts(settings: Settings) -> frozenset[str]:
    """Names the service answers to; empty means any, which holds only beyond loopback, where a token guards it."""
    if settings.host in EVERYWHERE and not settings.allowed_hosts:
        return frozenset()
    own = LOOPBACK_NAMES if is_loopback(settings.host) or settings.host in EVERYWHERE else ()
    told = host_name(urlsplit_host(settings.server or ""))
    return frozenset(name.lower() for name in (*own, settings.host, told, *settings.allowed_hosts) if name)


def host_name(host: str) -> str:
    """Host header without its port, lower case."""
    name = host.strip().lower()
    if name.startswith("["):
        return name.partition("]")[0] + "]"
    return name.partition(":")[0]


def _refuse_head(scope: Scope) -> Response | None:
    """A head that no honest caller sends; the parser's own limit only holds for heads that come in pieces."""
    pairs = scope["headers"]
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MAX_TARGET_BYTES:
        return problem(414, "address-too-long", f"the address has more than {MAX_TARGET_BYTES:,} bytes")
    if len(pairs) > MAX_HEADERS or sum(len(name) + len(value) for name, value in pairs) > MAX_HEAD_BYTES:
        text = f"the headers are more than {MAX_HEADERS}, or have more than {MAX_HEAD_BYTES:,} bytes"
        return problem(431, "headers-too-large", text)
    return None


def _refuse_origin(method: str, headers: Headers) -> Response | None:
    """Other sites' pages may not change anything here, whatever credentials the browser adds."""
    if method in SAFE_METHODS:
        return None
    origin = headers.get("origin")
    foreign = origin is not None and urlsplit_host(origin) != headers.get("host", "").lower()
    if foreign or headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return problem(403, "foreign-origin", "the request comes from a page of another site")
    return None


def urlsplit_host(origin: str) -> str:
    """Host and port of an Origin header, "" where it has none ("null", say)."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _refuse_size(headers: Headers, limit: int) -> Response | None:
    length = headers.get("content-length", "0")
    if "transfer-encoding" in headers and "content-length" in headers:
        return problem(400, "ambiguous-length", "the body has two lengths; send Content-Length or chunks, not both")
    if length.isascii() and length.isdigit() and len(length) < 19 and int(length) <= limit:
        return None
    return _too_large(limit)


def _too_large(limit: int) -> Response:
    return problem(413, "too-large", f"the body has more than {limit:,} bytes")


class _Body:
    """Counts the bytes that really come, since a chunked body announces no length, and waits for them only so long."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._deadline = time.monotonic() + BODY_SECONDS
        self._seen = 0
        self.complete = False

    async def __call__(self) -> Message:
        """The next piece of the body, or what comes after it.

        Raises:
            HTTPException: 413 or 408, too much or too late.
        """
        if self.complete:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), self._deadline - time.monotonic())
        except TimeoutError:
            raise HTTPException(408, "the body did not come in time") from None
        self.complete = not message.get("more_body", False)
        self._seen += len(message.get("body", b""))
        if self._seen > self._limit:
            self.complete = False
            raise HTTPException(413, f"the body has more than {self._limit:,} bytes")
        return message


def _with_headers(send: Send, body: _Body, *, announced: bool) -> Send:
    """Adds the security headers, and ends a connection on which the rest of a body is still to come."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message.setdefault("headers", [])
            headers = MutableHeaders(raw=message["headers"])
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            if announced and not body.complete:
                headers["Connection"] = "close"
        await send(message)

    return sending


def _unauthorized(path: str, headers: Headers) -> Response:
    challenge = {"WWW-Authenticate": 'Bearer realm="golden-study"'}
    text = (
        "a token is needed: send `Authorization: Bearer <token>`; in a browser open the address `golden login` prints"
    )
    if path.startswith("/api/") or "text/html" not in headers.get("accept", ""):
        return problem(401, "token-needed", text, headers=challenge)
    return entrance("It shows nothing without one.", headers=challenge)
