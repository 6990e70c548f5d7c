"""A body is received whole before anything is done with its request.

So a caller that sends its body slowly, or not at all, takes neither a seat nor a turn from others.
"""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.problems import of_http_error


class Arrival:
    """Middleware right behind the gate, which bounds the size of a body and the time of its arrival.

    Args:
        app: the application behind it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on once its body is here; answer the gate's refusal of a body.

        Raises:
            ClientDisconnect: the caller left before its body was complete.
        """
        if scope["type"] == "http":
            try:
                receive = await _with_whole_body(scope["headers"], receive)
            except HTTPException as error:  # of the gate: too many bytes, or too late
                await of_http_error(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def _with_whole_body(headers: list[tuple[bytes, bytes]], receive: Receive) -> Receive:
    """Receive the body that is announced, if any; return what gives it to the application, and then what follows."""
    if not any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0") for name, value in headers
    ):
        return receive
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        more = message.get("more_body", False)
    whole: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

    async def received() -> Message:
        return whole.pop() if whole else await receive()

    return received
