"""The pages for browsers. The server renders text and numbers; scripts only draw figures and fetch changes."""

from __future__ import annotations

import json
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BeforeValidator
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from service.dependencies import DatabaseDep, StudyName, VerdictCacheDep
from service.pages import assets, published
from service.pages.answering import page as _page
from service.pages.compare_view import compared_view
from service.pages.docs_view import operations
from service.pages.errors import PageRoute, error_page, wants_page
from service.pages.figure_view import ROWS_SHOWN, figure_view
from service.pages.forms import form_fields
from service.pages.idle import idle_studies
from service.pages.landscape_view import landscape_view
from service.pages.manual_view import manual, manual_root
from service.pages.objectives_view import objectives_view
from service.pages.points_view import points_view
from service.pages.studies_view import studies_view
from service.pages.study_view import study_view
from service.pages.timeline_view import timeline_view
from service.pages.trial_view import trial_view
from service.published import reports
from service.queue_order import held_by, read_queue
from service.schemas import ChosenArms, ChosenTrials, Tag, Whole
from service.verdicts.late import LateVerdicts
from studies.errors import NoVerdictError
from studies.figures.curve_choice import MOST_CHOSEN
from studies.figures.curve_choice import chosen as chosen_curves
from studies.figures.drift_lead import drift_lead
from studies.language import catalogue
from studies.language.claim import Objective
from studies.language.compare import ComparedObjective
from studies.language.phases import Phase
from studies.language.spec import folded
from studies.records import StudyState, TrialState
from studies.storage import attempts, audit, overview, standing, workers
from studies.storage.drawer import drawer
from studies.storage.listing import Sort
from studies.storage.release import VERSION

STUDIES_PER_PAGE = 25
RECENT_CHANGES = 10
PILOTS = 50  # newest studies offered as pilots of a simulation
Cursor = Annotated[str | None, Query(max_length=200)]
SweepQuery = Annotated[str | None, Query(max_length=110)]
PhaseQuery = Annotated[Phase | None, BeforeValidator(lambda value: value or None)]  # a form sends "" for all phases


def build_router() -> APIRouter:
    """All pages and their assets."""
    router = APIRouter(include_in_schema=False, route_class=PageRoute, default_response_class=Response)
    router.add_api_route("/", study_list)
    router.add_api_route("/submit", submit)
    router.add_api_route("/compare", compare)
    router.add_api_route("/workers", worker_list)
    router.add_api_route("/queue", queue)
    router.add_api_route("/studies/{name}", study)
    router.add_api_route("/studies/{name}/objectives", objectives)
    router.add_api_route("/studies/{name}/outcome", outcome)
    router.add_api_route("/studies/{name}/figures/{kind}", figure)
    router.add_api_route("/studies/{name}/timeline", timeline)
    router.add_api_route("/studies/{name}/trials/{sweep}/{number}", trial)
    router.add_api_route("/published/{name}", published.published_study)
    router.add_api_route("/published/{name}/report.{form}", published.published_report)
    router.add_api_route("/published/{name}/figures/{kind}", published.published_figure)
    router.add_api_route("/docs", docs)
    router.add_api_route("/redoc", redoc)
    router.add_api_route("/help", manual_root)
    router.add_api_route("/help/{path:path}", manual)
    router.add_api_route("/favicon.ico", assets.favicon)
    router.add_api_route("/assets/{folder}/{file}", assets.static)
    router.add_api_route("/assets/{file}", assets.plotly)
    return router


def study_list(
    request: Request, db: DatabaseDep, state: StudyState | None = None, cursor: Cursor = None, tag: Tag | None = None
) -> Response:
    """All studies, newest first; published results below them, where the service shows them."""
    page = overview.list_page(db, limit=STUDIES_PER_PAGE, cursor=cursor, state=state, tag=tag)
    idle = idle_studies(db, page.items)
    shown = reports.grouped() if tag is None and published.listed(request, state, cursor) else {}
    stamp = (tuple((s.id, s.revision) for s in page.items), page.next_cursor, idle, bool(shown))
    parts = {"page": page, "state": state, "cursor": cursor, "idle": idle, "states": list(StudyState), "tag": tag}
    return _page(request, "list.html", revision=stamp, parts={**parts, "published": shown})


def study(
    request: Request,
    name: StudyName,
    db: DatabaseDep,
    verdicts: VerdictCacheDep,
    sweep: SweepQuery = None,
    objective: Objective | None = None,
    sort: Sort = "number",
    phase: Phase | None = None,
    state: TrialState | None = None,
    cursor: Cursor = None,
    by: ComparedObjective | None = None,
) -> Response:
    """One study, which waits for its verdict only so long: progress, figures, trials, workers, changes."""
    late: LateVerdicts = request.app.state.study_verdicts
    detail = overview.get(db, name)
    view = study_view(
        db,
        detail,
        cached=None if detail.spec.compares else late.verdict(verdicts, name, objective, seen=detail.summary),
        sweep=sweep,
        objective=objective,
        sort=sort,
        phase=phase,
        state=state,
        cursor=cursor,
    )
    # Read only where the page is made anew:
    asked = {
        "changes": partial(audit.history, db, name, limit=RECENT_CHANGES),
        "drawer": partial(drawer, db, view.detail.spec.claim),
        "compared": partial(compared_view, db, view.detail, view.sweep, by),
        "failures": partial(attempts.failures, db, name),
        "landscape": partial(landscape_view, db, view),
        "table": partial(points_view, db, view.detail),
    }
    return _page(request, "study.html", revision=view.stamp, parts={"view": view, **asked})


def compare(
    request: Request,
    db: DatabaseDep,
    verdicts: VerdictCacheDep,
    study: Annotated[list[str] | None, Query(max_length=100)] = None,
) -> Response:
    """Two to six studies side by side; their verdicts are waited for only so long."""
    late: LateVerdicts = request.app.state.study_verdicts
    view = studies_view(db, study or (), lambda name: late.verdict(verdicts, name, None))
    return _page(request, "compare.html", revision=view.stamp, parts={"view": view})


def objectives(
    request: Request,
    name: StudyName,
    db: DatabaseDep,
    verdicts: VerdictCacheDep,
) -> Response:
    """The same trials judged by every objective; those that take long are shown after the next reload."""
    late: LateVerdicts = request.app.state.objective_verdicts
    view = objectives_view(db, name, cache=verdicts, late=late)
    return _page(request, "objectives.html", revision=view.stamp, parts={"view": view})


def figure(
    request: Request,
    name: StudyName,
    kind: str,
    db: DatabaseDep,
    verdicts: VerdictCacheDep,
    sweep: SweepQuery = None,
    objective: Objective | None = None,
    phase: PhaseQuery = None,
    arm: Annotated[ChosenArms, Query()] = None,
    trial: Annotated[ChosenTrials, Query()] = None,
) -> Response:
    """One figure with its numbers, which waits for the verdict only so long."""
    late: LateVerdicts = request.app.state.study_verdicts
    document = overview.document(db, name)
    chosen = None if objective == document.claim.objective else objective
    cached = None if document.compares else late.verdict(verdicts, name, chosen)
    choice = chosen_curves(arm, trial)
    view = figure_view(db, name, kind, cached=cached, sweep=sweep, objective=chosen, phase=phase, choice=choice)
    parts = {"view": view, "most": ROWS_SHOWN, "most_chosen": MOST_CHOSEN}
    return _page(request, "figure.html", revision=view.stamp, parts=parts)


def outcome(request: Request, name: StudyName, verdicts: VerdictCacheDep) -> Response:
    """The answer in a word or two, for the list; what a study does that has no verdict."""
    try:
        detail, cached = verdicts.with_detail(name)
    except NoVerdictError:
        return _page(request, "outcome.html", revision="", parts={"instead": "compares arms"})
    if detail.spec.tabulates:
        return _page(request, "outcome.html", revision="", parts={"instead": "compares points"})
    if not detail.summary.tells(decided=cached.verdict.outcome.decides):
        return _page(request, "outcome.html", revision=cached.revision, parts={"instead": "none"})
    lead = drift_lead(cached.verdict, detail.spec.claim)
    parts = {"instead": "", "outcome": cached.verdict.outcome.value, "moves": lead.brief if lead else ""}
    return _page(request, "outcome.html", revision=cached.revision, parts=parts)


def trial(request: Request, name: StudyName, sweep: str, number: Annotated[int, Whole], db: DatabaseDep) -> Response:
    """One trial: its runs and their learning curves."""
    view = trial_view(db, name, sweep, number)
    return _page(request, "trial.html", revision=view.stamp, parts={"view": view})


def worker_list(request: Request, db: DatabaseDep) -> Response:
    """All workers with a recent heartbeat."""
    found, held = workers.list_workers(db), held_by(standing.holdings(db))
    return _page(request, "workers.html", revision=repr((found, held)), parts={"workers": found, "held": held})


def queue(request: Request, db: DatabaseDep) -> Response:
    """What waits and why, in the order in which it is claimed, and what is held."""
    view = read_queue(db)
    return _page(request, "queue.html", revision=repr(view), parts={"view": view})


def timeline(request: Request, name: StudyName, db: DatabaseDep) -> Response:
    """When which worker trained what of a study."""
    view = timeline_view(db, name)
    return _page(request, "timeline.html", revision=repr(view), parts={"view": view})


def docs(request: Request) -> Response:
    """The requests of the API."""
    parts = {"operations": operations(request.app), "openapi": request.app.openapi_url}
    return _page(request, "docs.html", revision=VERSION, parts=parts)


def redoc() -> Response:
    """Where others look for the same."""
    return RedirectResponse("/docs")


def submit(
    request: Request, db: DatabaseDep, start: Annotated[str, Query(alias="from", max_length=63)] = "quickstart"
) -> Response:
    """A form made from the catalogue and the schema."""
    chosen = catalogue.entry(start)
    document = folded(chosen.spec.model_dump(mode="json"))
    pilots = tuple(s for s in overview.list_page(db, limit=PILOTS).items if s.runs_done)
    parts = {
        "entries": catalogue.entries(),
        "chosen": chosen,
        "document": document,
        "contexts": len(chosen.spec.contexts),
        "text": json.dumps(document, indent=2, ensure_ascii=False),
        "groups": form_fields(document),
        "pilots": pilots,
    }
    stamp = (chosen.toml, tuple(p.id for p in pilots))
    return _page(request, "submit.html", revision=stamp, parts=parts)


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    """The 404 for an address without a route, for any method: a page for browsers, a problem for other callers.

    Raises:
        HTTPException: 404, for a caller that does not read HTML.
    """
    request = Request(scope, receive, send)
    text = f"there is nothing at {request.url.path[:81]}"
    if not wants_page(request):
        raise HTTPException(404, text)
    await error_page(request, 404, text)(scope, receive, send)
