"""A browser's way in: a one-time address, swapped for a cookie."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from service.problems import ProblemError, documented
from service.security import COOKIE, SESSION_SECONDS, Doorkeeper

router = APIRouter(tags=["login"])


@router.get(
    "/login", operation_id="login", status_code=303, response_class=RedirectResponse, responses=documented(401, 422)
)
def login(
    request: Request, code: Annotated[str, Query(max_length=200, description="from `golden login`")]
) -> RedirectResponse:
    """Swap the code of a one-time address for an HttpOnly cookie, and go to the start page."""
    doorkeeper: Doorkeeper = request.app.state.doorkeeper
    session = doorkeeper.session_for(code)
    if session is None:
        raise ProblemError(
            401, "login-code-refused", "this address was used or is too old; `golden login` prints another"
        )
    response = RedirectResponse("/", status_code=303)
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, session, max_age=SESSION_SECONDS, httponly=True, samesite="strict", secure=secure)
    return response


@router.post("/logout", operation_id="logout", status_code=204)
def logout(response: Response) -> None:
    """Forget the cookie."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
