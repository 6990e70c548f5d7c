"""Login of a browser: a one-time address, exchanged for a session cookie."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from service.dependencies import DatabaseDep
from service.door.cookie import set_cookie
from service.door.gate import address_of
from service.door.rate_limit import RateLimit
from service.door.security import Authenticator
from service.pages.errors import wants_page
from service.pages.login_needed import login_needed
from service.problems import OPEN, ProblemError, documented
from studies.storage import codes

router = APIRouter(tags=["login"])


@router.get(
    "/login",
    operation_id="login",
    openapi_extra=OPEN,
    status_code=303,
    response_class=RedirectResponse,
    responses=documented(401, 422),
)
def login(
    request: Request, db: DatabaseDep, code: Annotated[str, Query(max_length=200, description="from `golden login`")]
) -> Response:
    """Exchange the code of a one-time address for an HttpOnly cookie, and go to the start page."""
    authenticator: Authenticator = request.app.state.authenticator
    session = authenticator.session_for(code, use_once=lambda used, until: codes.use_once(db, used, expires=until))
    if session is None:
        limit: RateLimit = request.app.state.login_limit
        limit.take(address_of(request.scope))
        text = "this address was used or is too old; `golden login` prints another"
        if wants_page(request):
            return login_needed(text[:1].upper() + text[1:] + ".")
        raise ProblemError(401, "login-code-refused", text)
    response = RedirectResponse("/", status_code=303)
    set_cookie(request, response, session)
    return response


@router.head("/login", include_in_schema=False, status_code=204)
def look_at_login() -> None:
    """Answer programs that look at an address before a person opens it; they must not use up its code."""
