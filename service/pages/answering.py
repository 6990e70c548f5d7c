"""A page as the answer to a request: built once per revision and caller, and not at all for one who has it."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request, Response

from service.door.caller import caller_of
from service.door.scopes import in_order
from service.pages import assets
from service.pages.templating import in_session, render
from service.response_cache import conditional

HTML = "text/html; charset=utf-8"


def page(request: Request, template: str, *, revision: object, parts: Mapping[str, object]) -> Response:
    """The page that a template makes of `parts`, anew whenever `revision` or the caller's rights change."""
    caller = caller_of(request)
    return conditional(
        request,
        revision=(assets.DIGEST, revision, caller.name, tuple(in_order(caller.scopes)), in_session(request)),
        build=lambda: render(request, template, parts).encode(),
        media_type=HTML,
    )
