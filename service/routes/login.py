"""Login of a browser: a one-time address, exchanged for a session cookie."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from service.dependencies import DatabaseDep
from service.door.cookie import set_cookie
from service.door.gate import address_of
from service.door.guesses import Guesses
from service.door.security import Authenticator
from service.door.site import Arrival, arrival
from service.pages.errors import wants_page
from service.pages.login_needed import login_needed, login_question
from service.problems import OPEN, ProblemError, documented
from service.prometheus import Metrics
from studies.storage import codes
from studies.storage.engine import Database

router = APIRouter(tags=["login"])
Code = Annotated[str, Query(max_length=200, description="from `golden login`")]
REFUSED = "this address was used or is too old; `golden login` prints another"


@router.get(
    "/login",
    operation_id="login",
    openapi_extra=OPEN,
    status_code=303,
    response_class=RedirectResponse,
    responses={
        200: {"description": "A page that asks, where a link on another site's page led here"},
        **documented(401, 422),
    },
)
def login(request: Request, db: DatabaseDep, code: Code) -> Response:
    """Exchange the code of a one-time address for an HttpOnly cookie, and go to the start page.

    A page that asks comes first where the browser does not say that the address was typed or opened from a program.
    """
    if arrival(request.method, request.headers) is Arrival.EXCHANGE:
        return _exchange(request, db, code)
    return login_question(code)


@router.post(
    "/login",
    operation_id="confirmLogin",
    openapi_extra=OPEN,
    status_code=303,
    response_class=RedirectResponse,
    responses=documented(401, 422),
)
def confirm_login(request: Request, db: DatabaseDep, code: Code) -> Response:
    """Exchange the code, as the page that asks does when its button is pressed."""
    return _exchange(request, db, code)


def _exchange(request: Request, db: Database, code: str) -> Response:
    """The cookie for a right code, whatever was counted before; a wrong one is counted."""
    authenticator: Authenticator = request.app.state.authenticator
    session = authenticator.session_for(code, use_once=lambda used, until: codes.use_once(db, used, expires=until))
    if session is None:
        return _refuse(request)
    response = RedirectResponse("/", status_code=303)
    set_cookie(request, response, session)
    return response


def _refuse(request: Request) -> Response:
    guesses: Guesses = request.app.state.code_guesses
    seconds = guesses.take(address_of(request.scope))
    if seconds:
        metrics: Metrics = request.app.state.metrics
        metrics.refused.labels("code").inc()
        text = f"too many login addresses that do not work; try again in {seconds} s"
        raise ProblemError(429, "too-many-requests", text, headers={"Retry-After": str(seconds)})
    if wants_page(request):
        return login_needed(REFUSED[:1].upper() + REFUSED[1:] + ".")
    raise ProblemError(401, "login-code-refused", REFUSED)


@router.head("/login", include_in_schema=False, status_code=204)
def look_at_login(code: Code) -> None:
    """Answer programs that look at an address before a person opens it; they must not use up its code."""
