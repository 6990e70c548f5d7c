"""Logout of a browser: the end of its session."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from service.door.cookie import delete_cookie
from service.door.sessions import EndedSessions
from service.pages.errors import wants_page

router = APIRouter(tags=["login"])


@router.post(
    "/logout",
    operation_id="logout",
    status_code=204,
    responses={303: {"description": "To a browser's page: on to the start page"}},
)
def logout(request: Request) -> Response:
    """End the session: this browser deletes its cookie, and copies of it are refused. Tokens stay valid."""
    ended: EndedSessions = request.app.state.ended_sessions
    if request.state.session is not None:
        ended.end(request.state.session)
    response = RedirectResponse("/", status_code=303) if wants_page(request) else Response(status_code=204)
    delete_cookie(request, response)
    return response
