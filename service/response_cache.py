"""Polling made nearly free: bodies built once per revision, kept ready and gzipped, and not sent where not needed."""

from __future__ import annotations

import gzip
import hashlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from pydantic import TypeAdapter

CAPACITY = 64 * 1024 * 1024  # bytes of ready bodies, gzipped and plain together
GZIP_FROM = 1024  # bytes; smaller bodies are sent as they are
VERSION = version("golden-study")
_ANY: TypeAdapter[Any] = TypeAdapter(Any)
_LOCKS = 64  # builders of different bodies rarely wait for each other


@dataclass(frozen=True, slots=True)
class Made:
    """What building an answer yields where headers depend on it too, as a link to the next page does."""

    content: bytes
    headers: Mapping[str, str]


Build = Callable[[], bytes | Made]


@dataclass(frozen=True, slots=True)
class Body:
    """One ready body."""

    plain: bytes
    gzipped: bytes | None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes held."""
        return len(self.plain) + len(self.gzipped or b"")


class Answers:
    """A bounded store of ready bodies. Of several requests for the same body one builds it, the others wait."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._bodies: OrderedDict[Hashable, Body] = OrderedDict()
        self._lock = threading.Lock()
        self._builders = [threading.Lock() for _ in range(_LOCKS)]
        self.epoch = secrets.token_hex(8)  # part of every tag: a restored database counts some revisions again

    def get(self, key: Hashable, build: Build) -> Body:
        """The body for `key`, built on first use."""
        with self._builders[hash(key) % _LOCKS]:
            found = self._find(key)
            if found is None:
                found = _body(build())
                self._keep(key, found)
            return found

    def _find(self, key: Hashable) -> Body | None:
        with self._lock:
            if key in self._bodies:
                self._bodies.move_to_end(key)
            return self._bodies.get(key)

    def _keep(self, key: Hashable, body: Body) -> None:
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
    """Answer a polling read: 304 where the caller has this revision, else the ready body.

    Args:
        request: names the resource by path and query, and carries If-None-Match.
        revision: changes whenever the body could.
        build: makes the body, with the headers that go with it if any; called once per revision, and never for a
            caller who has it.
    """
    answers: Answers = request.app.state.answers
    key = (request.url.path, request.url.query, revision, answers.epoch)
    tag = etag(key)
    common = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding", **(headers or {})}
    wanted = request.headers.get("if-none-match", "").strip()
    if _matches(wanted, tag):
        return Response(status_code=304, headers=common)
    body = answers.get(key, build)  # first, since "*" means any answer there is: it may be an error
    if wanted == "*":
        return Response(status_code=304, headers=common)
    common |= body.headers
    if body.gzipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(body.gzipped, headers={**common, "Content-Encoding": "gzip"}, media_type=media_type)
    return Response(body.plain, headers=common, media_type=media_type)


def etag(key: Hashable) -> str:
    """Weak entity tag: same key and same program, same answer."""
    digest = hashlib.sha256(repr((VERSION, key)).encode()).hexdigest()
    return f'W/"{digest[:24]}"'


def _body(built: bytes | Made) -> Body:
    made = built if isinstance(built, Made) else Made(built, {})
    plain = made.content
    return Body(plain, gzip.compress(plain, 6, mtime=0) if len(plain) >= GZIP_FROM else None, made.headers)


def _matches(header: str, tag: str) -> bool:
    bare = tag.removeprefix("W/")
    return any(t.strip().removeprefix("W/") == bare for t in header.split(","))
