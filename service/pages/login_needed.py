"""The pages for a browser without a session. Their style is inline, since static files need a session too."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from fastapi.responses import HTMLResponse
from markupsafe import Markup

from service.pages.assets import FILES
from service.pages.templating import standalone

HEADLINE = "This dashboard needs a login"
STEPS = "On the machine that runs the service, or wherever `GOLDEN_TOKEN` is set, type `golden login` and open the \
address that it prints. It works once, within five minutes."

QUESTION = "Another page, or a message, led this browser here. Go on only if you asked for this address with \
`golden login`; it works once, within five minutes."


def login_needed(text: str, *, headers: Mapping[str, str] | None = None) -> HTMLResponse:
    """The 401 for a browser.

    Args:
        text: what is wrong, one sentence; parts in `backticks` are shown as code.
        headers: of the response, such as the challenge.
    """
    parts = {"headline": HEADLINE, "text": text, "steps": STEPS, "style": _style(), "star": Markup(_file("star.svg"))}
    return HTMLResponse(standalone("login_needed.html", parts), status_code=401, headers=dict(headers or {}))


def login_question(code: str) -> HTMLResponse:
    """The page that asks whether to log in, with a button that sends the code."""
    parts = {"headline": "Log in to this dashboard?", "text": QUESTION, "code": code, "style": _style()}
    page = standalone("login_question.html", {**parts, "star": Markup(_file("star.svg"))})
    return HTMLResponse(page, headers={"Cache-Control": "no-store"})


def no_session(headers: Mapping[str, str]) -> HTMLResponse:
    """The 401 for a browser that shows neither a token nor a session."""
    return login_needed("It shows nothing without one.", headers=headers)


@cache
def _style() -> Markup:
    return Markup("".join(_file(name) for name in ("tokens.css", "login_needed.css")))


def _file(name: str) -> str:
    return FILES[name].decode()
