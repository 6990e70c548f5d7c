"""Errors as pages for browsers, as problems for other callers."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from service.pages.templating import render
from service.problems import STATUS, request_problems
from studies.errors import GoldenError

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
HEADLINES = {
    401: "A token is needed",
    404: "Nothing is here",
    405: "That cannot be done here",
    422: "That address does not make sense",
    503: "The database is away",
}


class PageRoute(APIRoute):
    """A route whose errors are shown as a page if the caller reads HTML."""

    def get_route_handler(self) -> Handler:
        """FastAPI's handler, with errors turned into pages."""
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await handle(request)
            except (GoldenError, HTTPException, RequestValidationError) as error:
                if not wants_page(request):
                    raise
                return error_page(request, _status(error), _text(error))

        return handler


def wants_page(request: Request) -> bool:
    """True if a browser asks for a page."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")


def error_page(request: Request, status: int, text: str) -> HTMLResponse:
    """The page for an error."""
    headline = HEADLINES.get(status, HTTPStatus(status).phrase)
    parts = {"status": status, "headline": headline, "text": text}
    return HTMLResponse(render(request, "error.html", parts), status_code=status)


def _status(error: GoldenError | HTTPException | RequestValidationError) -> int:
    if isinstance(error, HTTPException):
        return error.status_code
    if isinstance(error, RequestValidationError):
        return 422
    return next((STATUS[cls][0] for cls in type(error).__mro__ if cls in STATUS), 500)


def _text(error: GoldenError | HTTPException | RequestValidationError) -> str:
    if isinstance(error, HTTPException):
        return str(error.detail)
    if isinstance(error, RequestValidationError):
        return "; ".join(request_problems(error).lines())
    return error.public
