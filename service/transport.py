"""HTTP requests of the client: a token, one repeat after a lost answer, and every failure as one clear error."""

from __future__ import annotations

import ipaddress
import json
import ssl
from collections.abc import Mapping
from typing import Any, BinaryIO
from urllib.parse import quote, urlsplit

import httpx2 as httpx

from service.client_errors import EXIT_BY_STATUS, ClientError, ExitCode
from studies.errors import Problem, ProblemList

TIMEOUT = httpx.Timeout(60.0, connect=5.0)  # a verdict on a large study may take a while
LOST_ANSWERS = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError, httpx.ReadTimeout)
KEPT_BODIES = 16  # of addresses that are polled
JSON = {"Content-Type": "application/json"}


class Transport:
    """One service, one token. Reads are repeated once over a broken connection; writes are where they have a key.

    A write with an `Idempotency-Key` is carried out once, so it is repeated after a timeout too.

    Every method raises ClientError where the service refuses, fails or cannot be reached.
    """

    def __init__(
        self,
        base_url: str,
        token: str | None,
        transport: httpx.BaseTransport | None = None,
        *,
        timeout: httpx.Timeout | float = TIMEOUT,
    ) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._base_url = base_url
        here = is_here(base_url)
        try:
            self._http = httpx.Client(
                base_url=base_url,
                headers=headers,
                timeout=timeout,
                transport=transport,
                trust_env=not here,
                verify=_without_certificates() if here and urlsplit(base_url).scheme == "http" else True,
            )
        except (ValueError, ImportError, OSError, httpx.InvalidURL) as error:  # what `trust_env` brings in
            text = f"cannot use {base_url} with the proxy or certificates that the environment names: {error}"
            raise ClientError(text, status=0, exit_code=ExitCode.USAGE) from None
        self._last: dict[str, tuple[str, bytes]] = {}  # path -> (entity tag, body): polling costs the service nothing

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def get(self, path: str, params: Mapping[str, str] | None = None) -> bytes:
        """The body at an address; the last one again where the service says that it has not changed."""
        if params:
            return self._send("GET", path, params=params).content
        tag, known = self._last.get(path, ("", b""))
        response = self._send("GET", path, headers={"If-None-Match": tag} if tag else {})
        if response.status_code == httpx.codes.NOT_MODIFIED:
            return known
        self._last.pop(path, None)
        if "etag" in response.headers:
            self._last[path] = (response.headers["etag"], response.content)
        while len(self._last) > KEPT_BODIES:
            del self._last[next(iter(self._last))]
        return response.content

    def post(
        self,
        path: str,
        content: bytes = b"",
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        repeats: bool = False,
    ) -> bytes:
        """The body of the answer to some JSON, or to nothing.

        Args:
            path, content, params, headers: of the request.
            repeats: sent twice, it does what it does once, so it is repeated after a lost answer as with a key.
        """
        sent = {**(JSON if content else {}), **(headers or {})}
        return self._send("POST", path, repeats=repeats, content=content, params=params, headers=sent).content

    def patch(self, path: str, content: bytes) -> bytes:
        """The body of the answer to a change that does twice what it does once."""
        return self._send("PATCH", path, repeats=True, content=content, headers=JSON).content

    def delete(self, path: str) -> None:
        """Ask for a deletion."""
        self._send("DELETE", path)

    def download(self, path: str, target: BinaryIO) -> None:
        """Write the body at an address to `target` while it comes."""
        try:
            with self._http.stream("GET", path) as response:
                if response.is_error:
                    response.read()
                    raise _refused(response)
                for piece in response.iter_bytes():
                    target.write(piece)
        except httpx.TransportError as error:
            raise self._unreachable(error) from None

    def _send(self, method: str, path: str, *, repeats: bool = False, **options: Any) -> httpx.Response:
        has_key = repeats or "Idempotency-Key" in (options.get("headers") or {})
        attempts = 2 if method == "GET" or has_key else 1
        lost = LOST_ANSWERS if has_key else (httpx.RemoteProtocolError,)  # closed while idle
        for attempt in range(attempts):
            try:
                response = self._http.request(method, path, **options)
                break
            except lost as error:
                if attempt == attempts - 1:
                    raise self._unreachable(error) from None
            except (httpx.TransportError, httpx.InvalidURL) as error:
                raise self._unreachable(error) from None
        if response.is_error:
            raise _refused(response)
        return response

    def _unreachable(self, error: Exception) -> ClientError:
        text = f"cannot reach {self._base_url} ({error or type(error).__name__}); is `golden serve` running there?"
        return ClientError(text, status=0, exit_code=ExitCode.UNREACHABLE)


def is_here(url: str) -> bool:
    """True for a service on this machine, to which no proxy leads."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _without_certificates() -> ssl.SSLContext:
    """For a client that never speaks TLS, since reading every authority's certificate takes longer than its requests.

    It trusts nobody: where TLS is spoken all the same, it fails.
    """
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def study_path(name: str, rest: str = "") -> str:
    """Address of a study, or of something of it."""
    return f"/api/v1/studies/{quote(name, safe='') or '-'}" + (f"/{rest}" if rest else "")


def _refused(response: httpx.Response) -> ClientError:
    try:
        body = json.loads(response.content)
        listed = tuple(Problem(e["field"], e["message"]) for e in body.get("errors", ()))
        problems = ProblemList(listed, int(body.get("unlisted_errors", 0)))
        message = str(body["detail"])
    except (ValueError, KeyError, TypeError, AttributeError):
        problems, message = ProblemList(), f"the service answered {response.status_code} {response.reason_phrase}"
    code = EXIT_BY_STATUS.get(response.status_code, ExitCode.FAILED)
    if response.status_code == httpx.codes.UNAUTHORIZED:
        message += "; set GOLDEN_TOKEN"
    return ClientError(message, status=response.status_code, exit_code=code, problems=problems)
