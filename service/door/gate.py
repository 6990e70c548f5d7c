"""The middleware in front of every route: it checks host, credentials, origin and size, and adds security headers.

Plain ASGI, so that it guards pages, static files, streams and unknown paths alike.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

import structlog
from fastapi import HTTPException
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.door.address import network_of
from service.door.caller import LOCAL, Caller
from service.door.guesses import Guesses
from service.door.keyring import Keyring
from service.door.rate_limit import RateLimit
from service.door.rights import LEASES, refusal
from service.door.rights import LOGOUT as LOGOUT
from service.door.rights import PURE_POSTS as PURE_POSTS
from service.door.security import COOKIE, Authenticator
from service.door.sessions import EndedSessions
from service.door.site import SAFE_METHODS as SAFE_METHODS
from service.door.site import Arrival, arrival, host_of, is_foreign_change, is_foreign_load
from service.problems import of_error, problem, unexpected
from service.prometheus import Metrics
from service.settings import Settings, is_loopback
from studies.errors import StorageUnavailableError

LOGIN = "/login"
OPEN_PATHS = frozenset({"/healthz", "/readyz", "/version", LOGIN})  # everything else needs a credential
PROBE_PATHS = frozenset({"/healthz", "/readyz"})  # probes use the IP address as host name
METRICS = "/metrics"  # likewise if a token guards it: a Prometheus with service discovery uses the IP address
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]", "::1")
BODY_SECONDS = 30.0  # for a body to arrive
MAX_TARGET_BYTES = 8_192  # path and query
MAX_HEADERS = 100
MAX_HEAD_BYTES = 32_768
EVERYWHERE = ("0.0.0.0", "::")
TOKEN_NEEDED = (
    "a token is needed: send `Authorization: Bearer <token>`; in a browser open the address `golden login` prints"
)
TOKEN_UNKNOWN = "this token is not in force: it is misspelt, has expired, or was changed or removed"
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="golden-study"'}
_log = structlog.get_logger(__name__)
LoginPage = Callable[[Mapping[str, str]], Response]
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
    """Middleware that refuses requests without the right of access, and adds the security headers to every response.

    Args:
        app: the application behind it.
        settings: hosts, limits and sizes in force.
        authenticator: checks tokens and cookies.
        keyring: the tokens in force, which it brings up to date.
        ended: knows the sessions that were logged out.
        token_guesses: limits wrong tokens. Right ones never wait.
        login_page: the 401 for browsers, made with the given headers.
        metrics: counts the refused requests.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        settings: Settings,
        authenticator: Authenticator,
        keyring: Keyring,
        ended: EndedSessions,
        token_guesses: Guesses,
        login_page: LoginPage,
        metrics: Metrics,
    ) -> None:
        self._app = app
        self._ended = ended
        self._keyring = keyring
        self._token_guesses = token_guesses
        self._login_page = login_page
        self._authenticator = authenticator
        self._metrics = metrics
        self._write_limit = RateLimit(settings.writes_per_minute)
        self._work_limit = RateLimit(settings.work_per_minute)
        self._max_body_bytes = settings.max_body_bytes
        self._hosts = allowed_hosts(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            body = _Body(receive, self._max_body_bytes)
            headers = Headers(scope=scope)
            announced = "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
            await self._http(scope, body, _with_headers(send, body, announced=announced))
        else:
            await send({"type": "websocket.close", "code": 1008})  # the service speaks no websockets

    async def _http(self, scope: Scope, body: _Body, send: Send) -> None:
        headers = Headers(scope=scope)
        try:
            await self._recognise(scope, headers)
            refused = self._refuse(scope, headers)
        except StorageUnavailableError as error:
            refused = of_error(error)
        if scope["state"]["caller"] is not None and "recognised" in scope["state"]:
            scope["state"]["recognised"]()  # `service.door.connections` keeps it longer than one of a stranger
        if refused is not None:
            await refused(scope, body, send)
        else:
            await self._pass_on(scope, body, send)

    async def _pass_on(self, scope: Scope, body: _Body, send: Send) -> None:
        """Let the application respond; an unexpected error becomes a 500 here, so that it has the headers too."""
        try:
            await self._app(scope, body, send)
        except Exception as error:
            if isinstance(error, ClientDisconnect) or body.gone:  # nobody reads a response any more
                _log.info(
                    "the caller left early", method=scope["method"], path=scope["path"], error=type(error).__name__
                )
            elif body.response_began:  # half of it is sent, so that the connection can only be broken off
                raise
            else:
                await unexpected(scope, error)(scope, body, send)

    def _refuse(self, scope: Scope, headers: Headers) -> Response | None:
        return (
            _refuse_head(scope)
            or self._refuse_host(scope["path"], headers)
            or _refuse_foreign(scope, headers)
            or self._refuse_caller(scope, headers)
            or _refuse_size(headers, self._max_body_bytes)
            or self._refuse_frequent_writes(scope)
        )

    def _refuse_host(self, path: str, headers: Headers) -> Response | None:
        if not self._hosts or path in PROBE_PATHS or host_name(headers.get("host", "")) in self._hosts:
            return None
        if path == METRICS and not self._authenticator.open:
            return None
        return problem(421, "unknown-host", "this service does not answer to that host; add it to GOLDEN_ALLOWED_HOSTS")

    def _refuse_caller(self, scope: Scope, headers: Headers) -> Response | None:
        path, caller = scope["path"], scope["state"]["caller"]
        if path in OPEN_PATHS:
            return None
        if caller is None:
            return self._refuse_token(scope) if "authorization" in headers else self._unauthorized(path, headers)
        found = refusal(caller.scopes, scope["method"], path)
        return problem(403, *found) if found else None

    def _refuse_token(self, scope: Scope) -> Response:
        """The answer to a wrong token, which is counted. A right one was recognised before."""
        seconds = self._token_guesses.take(address_of(scope))
        if seconds:
            return self._too_often("token", seconds)
        return problem(401, "token-needed", TOKEN_UNKNOWN, headers=CHALLENGE)

    def _refuse_frequent_writes(self, scope: Scope) -> Response | None:
        """Limit the changes that one caller makes; a caller is a name, and an address where no token is in force."""
        caller: Caller | None = scope["state"]["caller"]
        if scope["method"] in SAFE_METHODS or caller is None:
            return None
        path = scope["path"]
        kind = "preview" if path in PURE_POSTS else "work" if LEASES.fullmatch(path) else "write"
        place = network_of(address_of(scope)) if caller.way == "local" else ""
        limit = self._work_limit if kind == "work" else self._write_limit
        seconds = limit.take((kind, caller.name, place))
        return self._too_often(kind, seconds) if seconds else None

    def _too_often(self, kind: str, seconds: int) -> Response:
        self._metrics.refused.labels(kind).inc()
        text = f"too many requests in a short time; try again in {seconds} s"
        return problem(429, "too-many-requests", text, headers={"Retry-After": str(seconds)})

    async def _recognise(self, scope: Scope, headers: Headers) -> None:
        """Note the caller by its token, or by its session if that is signed here, not expired and not logged out."""
        state = scope.setdefault("state", {})
        state["session"] = state["caller"] = None
        if self._authenticator.open:
            state["caller"] = LOCAL
            return
        await self._keyring.refresh()
        if scope["path"] in OPEN_PATHS:
            return
        if "authorization" in headers:
            state["caller"] = self._by_token(headers["authorization"])
            return
        session = self._authenticator.by_cookie(cookie_parser(headers.get("cookie", "")).get(COOKIE, ""))
        if session is not None and not await self._ended.has(session.id):
            state["session"], state["caller"] = session.id, Caller(session.key.name, session.key.scopes, "session")

    def _by_token(self, authorization: str) -> Caller | None:
        scheme, _, token = authorization.partition(" ")
        key = self._authenticator.by_token(token.strip()) if scheme.lower() == "bearer" else None
        return None if key is None else Caller(key.name, key.scopes, "token")

    def _unauthorized(self, path: str, headers: Headers) -> Response:
        if path.startswith("/api/") or "text/html" not in headers.get("accept", ""):
            return problem(401, "token-needed", TOKEN_NEEDED, headers=CHALLENGE)
        return self._login_page(CHALLENGE)


def address_of(scope: Scope) -> str:
    """The address that connects; X-Forwarded-For is ignored."""
    client = scope.get("client") or ("", 0)
    return str(client[0])


def allowed_hosts(settings: Settings) -> frozenset[str]:
    """Host names that the service accepts; empty for any, allowed only beyond loopback, where a token guards it."""
    if settings.host in EVERYWHERE and not settings.allowed_hosts:
        return frozenset()
    own = LOOPBACK_NAMES if is_loopback(settings.host) or settings.host in EVERYWHERE else ()
    public = host_name(host_of(settings.server or ""))
    return frozenset(name.lower() for name in (*own, settings.host, public, *settings.allowed_hosts) if name)


def host_name(host: str) -> str:
    """The name in a Host header: without the port, in lower case."""
    name = host.strip().lower()
    if name.startswith("["):
        return name.partition("]")[0] + "]"
    return name.partition(":")[0]


def _refuse_head(scope: Scope) -> Response | None:
    """Limit the size of the head; the parser's own limit holds only for heads that arrive in pieces."""
    pairs = scope["headers"]
    if not scope.get("http_version", "1.1").startswith("1."):
        text = "this service speaks HTTP/1.1"
        return problem(505, "http-version-not-supported", text, headers={"Connection": "close"})
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MAX_TARGET_BYTES:
        return problem(414, "address-too-long", f"the address has more than {MAX_TARGET_BYTES:,} bytes")
    if len(pairs) > MAX_HEADERS or sum(len(name) + len(value) for name, value in pairs) > MAX_HEAD_BYTES:
        text = f"the headers are more than {MAX_HEADERS}, or have more than {MAX_HEAD_BYTES:,} bytes"
        return problem(431, "headers-too-large", text)
    return None


def _refuse_foreign(scope: Scope, headers: Headers) -> Response | None:
    """Refuse what pages of other sites ask for, before a credential is looked at or counted."""
    method, path = scope["method"], scope["path"]
    refused = path == LOGIN and method in SAFE_METHODS and arrival(method, headers) is Arrival.REFUSE
    if refused or is_foreign_change(method, headers) or is_foreign_load(headers):
        return problem(403, "foreign-origin", "the request comes from a page of another site")
    return None


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
    """Receives a body; limits the bytes that arrive, since a chunked body announces no length, and their time.

    The time begins when the application asks for the body, so that none is counted in which a request waits for its
    turn. Once the response has begun, a body that breaks a limit counts as a caller that has gone: no status can be
    sent any more.
    """

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._deadline: float | None = None
        self._seen = 0
        self.complete = False
        self.response_began = False
        self.gone = False  # the caller, as far as the application has been told

    async def __call__(self) -> Message:
        """The next message: a piece of the body, or what follows it.

        Raises:
            HTTPException: 413, too many bytes; 408, too late.
        """
        if self.complete:
            return self._noted(await self._receive())
        if self._deadline is None:
            self._deadline = time.monotonic() + BODY_SECONDS
        try:
            waiting = max(0.0, self._deadline - time.monotonic())
            message = self._noted(await asyncio.wait_for(self._receive(), waiting))
        except TimeoutError:
            return self._broken(HTTPException(408, "the body did not arrive in time"))
        self.complete = not message.get("more_body", False)
        self._seen += len(message.get("body", b""))
        if self._seen > self._limit:
            self.complete = False
            return self._broken(HTTPException(413, f"the body has more than {self._limit:,} bytes"))
        return message

    def _broken(self, error: HTTPException) -> Message:
        if self.response_began:
            return self._noted({"type": "http.disconnect"})
        raise error

    def _noted(self, message: Message) -> Message:
        self.gone = self.gone or message["type"] == "http.disconnect"
        return message


def _with_headers(send: Send, body: _Body, *, announced: bool) -> Send:
    """Add the security headers, and close a connection on which the rest of a body is still to come."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            body.response_began = True
            message.setdefault("headers", [])
            headers = MutableHeaders(raw=message["headers"])
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            if announced and not body.complete:
                headers["Connection"] = "close"
        await send(message)

    return sending
