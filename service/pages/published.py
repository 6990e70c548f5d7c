"""The pages of published results, shown by a service that was started with GOLDEN_SHOWCASE=1; they can only be read."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

from fastapi import Path, Query, Request, Response
from starlette.exceptions import HTTPException

from service.pages import assets
from service.pages.answering import HTML, page
from service.pages.published_view import published_landscape, published_view
from service.published import reports
from service.response_cache import conditional
from studies.figures.packed import figure_json
from studies.figures.theme import DARK, LIGHT
from studies.records import StudyState
from studies.report.document import render_html
from studies.report.figures import report_figure
from studies.report.picture import render_picture

Name = Annotated[str, Path(max_length=100)]
SweepQuery = Annotated[str | None, Query(max_length=110)]
Form = Literal["json", "html", "svg"]
REVISION = "published"  # the entity tag holds the release, whose reports do not change


def published_study(request: Request, name: Name, sweep: SweepQuery = None) -> Response:
    """A published result: verdict, statements and picture, or the arms, or the table; and how to recompute it."""
    _require(request, name)
    report = reports.report(name)
    view = published_view(name, report, sweep)
    landscape = {} if view.judged is None else {"landscape": partial(published_landscape, report, view.judged)}
    return page(request, "published.html", revision=_stamp(name), parts={"published": view, **landscape})


def published_figure(
    request: Request, name: Name, kind: str, sweep: SweepQuery = None, theme: Literal["light", "dark"] = "light"
) -> Response:
    """A figure of a published result as Plotly reads it."""
    _require(request, name)

    def build() -> bytes:
        figure = report_figure(reports.report(name), kind, sweep, DARK if theme == "dark" else LIGHT)
        return figure_json(figure).encode()

    return conditional(request, revision=_stamp(name), build=build)


def published_report(request: Request, name: Name, form: Form) -> Response:
    """The report of a published result: for `golden verify`, as a page that needs nothing else, or as the picture."""
    _require(request, name)
    media = {"json": "application/json", "html": HTML, "svg": "image/svg+xml"}[form]
    sent = {} if form == "svg" else {"Content-Disposition": f'attachment; filename="{name}-report.{form}"'}
    return conditional(
        request, revision=_stamp(name), build=lambda: _written(name, form), media_type=media, headers=sent
    )


def listed(request: Request, state: StudyState | None, cursor: str | None) -> bool:
    """True where the list of studies shows the published ones: on its first page, unless it asks for another state."""
    return bool(request.app.state.settings.showcase) and state in (None, StudyState.COMPLETE) and cursor is None


def _written(name: str, form: Form) -> bytes:
    if form == "json":
        return reports.report_bytes(name)
    return (render_html if form == "html" else render_picture)(reports.report(name)).encode()


def _stamp(name: str) -> object:
    return (assets.DIGEST, REVISION, reports.files()[name].stat().st_mtime_ns)


def _require(request: Request, name: str) -> None:
    """Refuse an address where nothing is published.

    Raises:
        HTTPException: 404; the service shows no published results, or none of this name.
    """
    if not request.app.state.settings.showcase:
        raise HTTPException(404, "this service shows no published results; start it with GOLDEN_SHOWCASE=1")
    if name not in reports.files():
        raise HTTPException(404, f"no published result is called {name[:80]}; the list of studies has them all")
