"""A browser's way in: a one-time address, swapped for a cookie."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from service.dependencies import DatabaseDep
from service.door.gate import address_of
from service.door.rate_limit import Allowance
from service.door.security import COOKIE, SESSION_SECONDS, Doorkeeper
from service.door.sessions import EndedSessions
from service.pages.errors import wants_page
from service.pages.login_needed import entrance
from service.problems import ProblemError, documented
from service.settings import Settings
from studies.storage import codes

router = APIRouter(tags=["login"])


@router.get(
    "/login",
    operation_id="login",
    status_code=303,
    response_class=RedirectResponse,
    responses=documented(401, 422),
)
def login(
    request: Request, db: DatabaseDep, code: Annotated[str, Query(max_length=200, description="from `golden login`")]
) -> Response:
    """Swap the code of a one-time address for an HttpOnly cookie, and go to the start page."""
    doorkeeper: Doorkeeper = request.app.state.doorkeeper
    session = doorkeeper.session_for(code, use_once=lambda used, until: codes.use_once(db, used, expires=until))
    if session is None:
        guesses: Allowance = request.app.state.guesses
        guesses.take(address_of(request.scope))
        text = "this address was used or is too old; `golden login` prints another"
        if wants_page(request):
            return entrance(text[:1].upper() + text[1:] + ".")
        raise ProblemError(401, "login-code-refused", text)
    response = RedirectResponse("/", status_code=303)
    secure = is_https(request)
    response.set_cookie(COOKIE, session, max_age=SESSION_SECONDS, httponly=True, samesite="strict", secure=secure)
    response.headers["Cache-Control"] = "no-store"
    return response


@router.post(
    "/logout",
    operation_id="logout",
    status_code=204,
    responses={303: {"description": "To a browser's page: on to the start page"}},
)
def logout(request: Request) -> Response:
    """End the session: this browser forgets its cookie, and copies of it work no more. A token stays what it is."""
    ended: EndedSessions = request.app.state.ended_sessions
    if request.state.session is not None:
        ended.end(request.state.session)
    response = RedirectResponse("/", status_code=303) if wants_page(request) else Response(status_code=204)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=is_https(request))
    response.headers["Cache-Control"] = "no-store"
    return response


def is_https(request: Request) -> bool:
    """Whether browsers reach the service by TLS: its own, or (GOLDEN_SERVER says so) that of a proxy in front."""
    settings: Settings = request.app.state.settings
    return request.url.scheme == "https" or (settings.server or "").startswith("https://")
