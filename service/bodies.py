"""Bodies of requests: their media types, and the bytes, parsed where the event loop does not wait for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from fastapi import Request

from service.parsing import Parsing
from service.problems import ProblemError
from studies.errors import Problem, SpecError

JSON, TOML, CSV = "application/json", "application/toml", "text/csv"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a request and its media type."""

    media: str
    content: bytes


async def body_of(request: Request, what: str, *accepted: str) -> Body:
    """The body of a request.

    Args:
        request: the request.
        what: the thing that the route takes, such as "the study".
        accepted: the media types that it comes in.

    Raises:
        ProblemError: 415, the body has another type or none, or it is compressed.
        SpecError: it is empty.
    """
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in accepted:
        text = f"send {what} as {' or '.join(accepted)}, got {media or 'no type'}"
        raise _unsupported("Content-Type", text)
    coding = request.headers.get("content-encoding", "").strip().lower()
    if coding not in {"", "identity"}:
        raise _unsupported("Content-Encoding", f"send {what} uncompressed, got {coding}")
    content = await request.body()
    if not content.strip():
        raise SpecError([Problem("", f"the body is empty; send {what} as {' or '.join(accepted)}")])
    return Body(media, content)


async def parsed(request: Request, parse: Callable[[bytes], T], content: bytes) -> T:
    """What `parse` makes of a body, in the application's parsing thread; errors as those of `Parsing.run`."""
    parsing: Parsing = request.app.state.parsing
    return await parsing.run(parse, content)


def _unsupported(header: str, text: str) -> ProblemError:
    return ProblemError(415, "unsupported-media-type", text, problems=[Problem(header, text)])
