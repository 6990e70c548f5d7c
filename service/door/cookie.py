"""The session cookie: set at login, deleted at logout, with the same attributes both times."""

from __future__ import annotations

from fastapi import Request, Response

from service.door.security import COOKIE, SESSION_SECONDS
from service.settings import Settings


def set_cookie(request: Request, response: Response, session: str) -> None:
    """Give the browser the cookie of a session."""
    secure = is_https(request)
    response.set_cookie(COOKIE, session, max_age=SESSION_SECONDS, httponly=True, samesite="strict", secure=secure)
    response.headers["Cache-Control"] = "no-store"


def delete_cookie(request: Request, response: Response) -> None:
    """Make the browser forget its cookie."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=is_https(request))
    response.headers["Cache-Control"] = "no-store"


def is_https(request: Request) -> bool:
    """True if browsers use TLS: the service's own, or (GOLDEN_SERVER says so) that of a proxy in front of it."""
    settings: Settings = request.app.state.settings
    return request.url.scheme == "https" or (settings.server or "").startswith("https://")
