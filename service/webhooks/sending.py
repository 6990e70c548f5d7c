"""One attempt to deliver: a signed POST, without redirects, proxies or cookies, and its outcome."""

from __future__ import annotations

import email.utils
import math
import random
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import httpcore2 as httpcore
import httpx2 as httpx

from service.settings import Network
from service.webhooks.addresses import GuardedBackend, TargetError
from service.webhooks.config import Webhook
from service.webhooks.signature import signed_headers
from studies.storage.release import VERSION

CONNECT_SECONDS, READ_SECONDS = 5.0, 10.0
TOTAL_SECONDS = 15.0  # from the look-up of the name to the head of the answer
FIRST_REST, LONGEST_REST = 5.0, 3600.0  # seconds between attempts
GONE = 410  # the receiver wants no more
_TIMEOUT = {"connect": CONNECT_SECONDS, "read": READ_SECONDS, "write": READ_SECONDS, "pool": CONNECT_SECONDS}


@dataclass(frozen=True, slots=True)
class Attempt:
    """The outcome of one attempt."""

    status: int | None  # of the answer; None where there was none
    error: str  # "" where it arrived
    retry_after: float = 0.0  # seconds that the receiver asked for; infinity: it wants no more


def post(webhook: Webhook, *, message: str, body: bytes, allowed: Iterable[Network]) -> Attempt:
    """Send a body once. The answer's head alone is read, so that nothing it says can fill memory or a log.

    Args:
        webhook: where to.
        message: id of the message.
        body: JSON.
        allowed: networks beyond the internet.
    """
    url = httpx.URL(webhook.url.get_secret_value())
    signed = signed_headers(webhook.key, message=message, at=int(time.time()), body=body)
    plain = {"content-type": "application/json", "user-agent": f"golden-study/{VERSION}"}
    headers = [(name, value) for name, value in (plain | signed).items()]
    backend = GuardedBackend(allowed, seconds=TOTAL_SECONDS)
    target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    try:
        with (
            httpcore.ConnectionPool(network_backend=backend, ssl_context=_trust(), retries=0) as pool,
            pool.stream("POST", target, headers=headers, content=body, extensions={"timeout": _TIMEOUT}) as answer,
        ):
            return _judged(answer.status, {name.lower(): value for name, value in answer.headers}.get(b"retry-after"))
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError) as error:
        return Attempt(None, _reason(error))


def rest(attempt: int, asked: float = 0.0) -> float:
    """Seconds from a failed attempt to the next: twice as long each time, half of it by chance, so that targets that
    come back are not met by all at once; at least what the receiver asked for.

    Args:
        attempt: number of the failed one, from 1.
        asked: what the receiver asked for.
    """
    longest = min(LONGEST_REST, FIRST_REST * 2.0 ** min(attempt - 1, 30))
    return max(asked, random.uniform(longest / 2, longest))


@cache
def _trust() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _judged(status: int, retry_after: bytes | None) -> Attempt:
    if 200 <= status < 300:
        return Attempt(status, "")
    if status == GONE:
        return Attempt(status, "answered 410: it wants no more of this", math.inf)
    if 300 <= status < 400:
        return Attempt(status, f"answered {status}: redirects are not followed; give the address that it leads to")
    return Attempt(status, f"answered {status}", _asked(retry_after))


def _asked(value: bytes | None) -> float:
    """Seconds that `Retry-After` asks for, as a number or a date; 0 where it says nothing that can be read."""
    text = (value or b"").decode("ascii", "replace").strip()
    if text.isdecimal() and len(text) < 10:
        return float(text)
    try:
        date = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0.0
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (date - datetime.now(UTC)).total_seconds())


def _reason(error: Exception) -> str:
    """Why there was no answer, in words of ours: a library's may repeat the address."""
    if isinstance(error, TargetError):
        return str(error)
    if isinstance(error, httpcore.ConnectTimeout):
        return f"no connection within {CONNECT_SECONDS:g} s"
    if isinstance(error, httpcore.TimeoutException):
        return "no answer in time"
    if isinstance(error, httpcore.ProtocolError):
        return "the answer is not HTTP, or the connection was closed before it came"
    return "the connection broke"
