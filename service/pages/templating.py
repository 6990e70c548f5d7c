"""Templates: every value is escaped, and an undefined name is an error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from jinja2 import Environment, PackageLoader
from markupsafe import Markup, escape

from service.door.caller import caller_of
from service.door.scopes import Scope
from service.formats import duration, objective_value, size
from service.manual.built import address
from service.manual.glossary import ADDRESS, term
from service.pages import assets
from studies.figures.arms import arm_name
from studies.figures.outcome_signs import SIGNS
from studies.figures.templates import embedded, environment
from studies.language.objective_names import LABELS, objective_label
from studies.outcomes import ADVICE
from studies.records import FINAL_STATES
from studies.storage.release import VERSION, work_together

PHASES = {
    "map": "space-filling points over the whole box",
    "widen": "further map points, where the box was widened because the optimum pressed on its edge",
    "zoom": "space-filling points over the zone that the map leaves",
    "confirm": "claim and rivals in pairs on fresh seeds",
    "controls": "points of comparison in the same pairs",
    "search": "points chosen by an adaptive sampler; never evidence",
    "cv": "given points, cross-validated",
    "tune": "points of the arm’s space, on seeds that never measure",
    "measure": "the arm on fresh seeds, the same for every arm",
}

FAILURES = {  # by kind of failure, as `storage.attempts` has it
    "raised": "The training raised an error",
    "out_of_memory": "Out of memory",
    "timeout": "It took too long",
    "lost": "The worker was lost",
}

STANDING = {  # of a study that is not complete, before its count of runs
    "queued": "waiting, with",
    "running": "so far, with",
    "paused": "paused with",
    "failed": "failed with",
    "cancelled": "cancelled with",
}


def render(request: Request, template: str, parts: Mapping[str, object]) -> str:
    """A page as text."""
    about = {
        "request": request,
        "caller": caller_of(request),
        "may_submit": may_submit(request),
        "may_drain": caller_of(request).is_admin,
        "in_session": in_session(request),
        "here": request.url.path,
        "query": link_here(request),
    }
    return _environment().get_template(template).render(**parts, **about)


def may_submit(request: Request) -> bool:
    """True if the reader may submit and change studies."""
    return Scope.SUBMIT in caller_of(request).scopes


def in_session(request: Request) -> bool:
    """True if the request has a session, which can be ended, rather than a token or no need of one."""
    return request.scope.get("state", {}).get("session") is not None


def standalone(template: str, parts: Mapping[str, object]) -> str:
    """A page without navigation and without an address of its own."""
    return _environment().get_template(template).render(**parts)


def link_here(request: Request) -> Any:
    """A function that returns this address with some parameters changed; None removes one."""

    def changed(**changes: object) -> str:
        kept = {k: v for k, v in request.query_params.items() if k not in changes}
        added = {k: str(v) for k, v in changes.items() if v is not None}
        text = urlencode({**kept, **added})
        return f"{request.url.path}?{text}" if text else request.url.path

    return changed


def time_tag(value: datetime | None) -> Markup:
    """A moment as UTC, which scripts turn into "3 minutes ago"."""
    if value is None:
        return Markup("–")
    shown, exact = value.strftime("%Y-%m-%d %H:%M UTC"), value.isoformat()
    return Markup('<time datetime="{}" title="{}">{}</time>').format(exact, shown, shown)


def against(release: str) -> str:
    """The difference between a worker's release and the service's; "" if there is none."""
    if release == VERSION:
        return ""
    if work_together(release, VERSION):
        return f"not the service’s {VERSION}, but they work together"
    return f"is not compatible with the service’s {VERSION}, so it claims nothing"


def ticks(text: str) -> Markup:
    """Text whose `backticked` parts are shown as code."""
    parts = text.split("`")
    pieces = [Markup("<code>{}</code>").format(p) if i % 2 else escape(p) for i, p in enumerate(parts)]
    return Markup("").join(pieces)


def script_json(value: object) -> Markup:
    """JSON that is safe inside a script element."""
    return embedded(json.dumps(value, allow_nan=False, ensure_ascii=False))


def word(text: str, name: str = "") -> Markup:
    """A term as a link to the glossary.

    Args:
        text: as the page shows it.
        name: of the term; left out: the text in lower case.

    Raises:
        KeyError: the glossary has no such term.
    """
    return Markup('<a class="term" href="{}#{}">{}</a>').format(ADDRESS, term(name or text.lower()).anchor, text)


@cache
def _environment() -> Environment:
    made = environment(PackageLoader("service.pages"))
    made.filters.update(
        time=time_tag,
        duration=duration,
        size=size,
        objective=objective_value,
        against=against,
        arm=arm_name,
        script_json=script_json,
        ticks=ticks,
        sign=lambda name: SIGNS[name].character,
        outcome_word=lambda name: SIGNS[name].word,
        advice=lambda cause: ADVICE[cause],
        segment=lambda text: quote(str(text), safe="@"),
    )
    made.globals.update(asset=f"/assets/{assets.DIGEST}", plotly=f"/assets/{assets.PLOTLY}")
    made.globals.update(manual_page=address, final_states=FINAL_STATES)
    made.globals.update(word=word, standing=STANDING, failure_kinds=FAILURES)
    made.globals.update(objective_names=LABELS, objective_label=objective_label, phases=PHASES)
    return made
