"""Routes with a small JSON object as their body: refused as a study document would be, by type, size and form."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from service.problems import ProblemError
from studies.errors import Problem, SpecError
from studies.language.reading import read

JSON = "application/json"
MAX_BYTES = 32_768
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class JsonObjectRoute(APIRoute):
    """A route that takes a JSON object of a few fields, uncompressed and without repeated keys.

    It is parsed on the event loop, which its size allows.
    """

    def get_route_handler(self) -> Handler:
        """FastAPI's handler, after a look at the body.

        Raises:
            ProblemError: 415, the body is no JSON or is compressed; 413, it is too large.
            SpecError: it is no well-formed object.
        """
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if media != JSON:
                raise ProblemError(
                    415, "unsupported-media-type", f"send the body as {JSON}, got {media[:80] or 'no type'}"
                )
            if request.headers.get("content-encoding", "identity") != "identity":
                raise ProblemError(415, "unsupported-media-type", "send the body uncompressed")
            _refuse_odd(await request.body())
            return await handle(request)

        return handler


def _refuse_odd(body: bytes) -> None:
    if len(body) > MAX_BYTES:
        raise ProblemError(413, "too-large", f"the body has more than {MAX_BYTES:,} bytes; a few fields need far less")
    if not body.strip():
        raise SpecError([Problem("", "the body is empty; send a JSON object")])
    if not isinstance(read(body, "json"), dict):
        raise SpecError([Problem("", "the body is no JSON object; send one, in braces")])
