"""The page for who is not let in yet. Its style lies in it: scripts, styles and fonts are behind the same door."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from fastapi.responses import HTMLResponse
from markupsafe import Markup

from service.pages.assets import FILES
from service.pages.templating import standalone

HEADLINE = "This dashboard needs a login"
STEPS = "On the machine that runs the service, or wherever `GOLDEN_TOKEN` is set, type `golden login` and open the \
address it prints. It works once, within five minutes."


def entrance(text: str, *, headers: Mapping[str, str] | None = None) -> HTMLResponse:
    """Answer 401 to a browser.

    Args:
        text: what is wrong, one sentence; parts in `backticks` are shown as code.
        headers: to send along, such as the challenge.
    """
    parts = {"headline": HEADLINE, "text": text, "steps": STEPS, "style": _style(), "star": Markup(_file("star.svg"))}
    return HTMLResponse(standalone("entrance.html", parts), status_code=401, headers=dict(headers or {}))


@cache
def _style() -> Markup:
    return Markup("".join(_file(name) for name in ("tokens.css", "entrance.css")))


def _file(name: str) -> str:
    return FILES[name].decode()
