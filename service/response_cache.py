"""A cache of response bodies, so that polling costs almost nothing.

A body is built and gzipped once per revision, and a caller that has it already is answered 304 without one.
"""

from __future__ import annotations

import gzip
import hashlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from pydantic import TypeAdapter

from studies.storage.release import VERSION

CAPACITY = 64 * 1024 * 1024  # bytes of bodies, gzipped and plain together
GZIP_FROM = 1024  # bytes; smaller bodies are sent as they are
_ANY: TypeAdapter[Any] = TypeAdapter(Any)
_LOCKS = 64  # few enough to keep, many enough that builders of different bodies rarely wait for each other


@dataclass(frozen=True, slots=True)
class Rendered:
    """A body as built, with the headers that depend on it, such as the link to the next page."""

    content: bytes
    headers: Mapping[str, str]


Build = Callable[[], bytes | Rendered]


@dataclass(frozen=True, slots=True)
class CachedBody:
    """A body as kept, plain and gzipped."""

    plain: bytes
    gzipped: bytes | None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes held."""
        return len(self.plain) + len(self.gzipped or b"")


class ResponseCache:
    """A bounded store of bodies. Of several requests for the same body one builds it and the others wait.

    Args:
        capacity: bytes; beyond, the bodies that were not used for longest are dropped.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._bodies: OrderedDict[Hashable, CachedBody] = OrderedDict()
        self._lock = threading.Lock()
        self._builders = [threading.Lock() for _ in range(_LOCKS)]
        self.epoch = secrets.token_hex(8)  # part of every tag: a restored database counts some revisions again

    def get(self, key: Hashable, build: Build) -> CachedBody:
        """The body for `key`, built on first use."""
        with self._builders[hash(key) % _LOCKS]:
            found = self._find(key)
            if found is None:
                found = _cached(build())
                self._keep(key, found)
            return found

    def _find(self, key: Hashable) -> CachedBody | None:
        with self._lock:
            if key in self._bodies:
                self._bodies.move_to_end(key)
            return self._bodies.get(key)

    def _keep(self, key: Hashable, body: CachedBody) -> None:
        with self._lock:
            self._bodies[key] = body
            held = sum(b.size for b in self._bodies.values())
            while held > self._capacity and len(self._bodies) > 1:
                held -= self._bodies.popitem(last=False)[1].size


def to_json(value: Any) -> bytes:
    """JSON of records, models and plain values; non-finite numbers become null."""
    return _ANY.dump_json(value)


def conditional(
    request: Request,
    *,
    revision: Hashable,
    build: Build,
    media_type: str = "application/json",
    headers: dict[str, str] | None = None,
) -> Response:
    """The response to a polling read: 304 if the caller has this revision, else the cached body.

    Args:
        request: names the resource by path and query, and carries If-None-Match.
        revision: changes whenever the body could.
        build: makes the body; called once per revision, and never for a caller that has it.
        media_type: of the body.
        headers: for every response, 304 included.
    """
    cache: ResponseCache = request.app.state.response_cache
    key = (request.url.path, request.url.query, revision, cache.epoch)
    tag = etag(key)
    common = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding", **(headers or {})}
    wanted = request.headers.get("if-none-match", "").strip()
    if _matches(wanted, tag):
        return Response(status_code=304, headers=common)
    body = cache.get(key, build)  # first, since "*" means any body there is: building it may fail
    if wanted == "*":
        return Response(status_code=304, headers=common)
    common |= body.headers
    if body.gzipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(body.gzipped, headers={**common, "Content-Encoding": "gzip"}, media_type=media_type)
    return Response(body.plain, headers=common, media_type=media_type)


def etag(key: Hashable) -> str:
    """Weak entity tag: the same key and the same program give the same body."""
    digest = hashlib.sha256(repr((VERSION, key)).encode()).hexdigest()
    return f'W/"{digest[:24]}"'


def _cached(built: bytes | Rendered) -> CachedBody:
    rendered = built if isinstance(built, Rendered) else Rendered(built, {})
    plain = rendered.content
    gzipped = gzip.compress(plain, 6, mtime=0) if len(plain) >= GZIP_FROM else None
    return CachedBody(plain, gzipped, rendered.headers)


def _matches(header: str, tag: str) -> bool:
    bare = tag.removeprefix("W/")
    return any(t.strip().removeprefix("W/") == bare for t in header.split(","))
