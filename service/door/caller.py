"""The name of a request's caller, as the audit list keeps it."""

from __future__ import annotations

from fastapi import Request

LOCAL, SESSION, TOKEN = "local", "session", "token"


def caller_of(request: Request) -> str:
    """The way in which the gate let a caller in: local where no token is in force, else session (cookie) or token."""
    if request.app.state.authenticator.open:
        return LOCAL
    return SESSION if request.scope["state"]["session"] is not None else TOKEN
