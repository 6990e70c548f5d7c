"""The report of a study, as JSON and as one HTML file."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from service.dependencies import DatabaseDep, StudyName, VerdictCacheDep
from service.problems import documented
from service.response_cache import conditional
from service.verdicts.cache import VerdictCache
from studies import comparing
from studies.language.spec import restored
from studies.report.document import render_html
from studies.report.picture import render_picture
from studies.report.provenance import provenance
from studies.storage import overview
from studies.storage.drawer import drawer
from studies.storage.engine import Database

router = APIRouter(prefix="/studies/{name}", tags=["verdict"], responses=documented(404, 422))


@router.get("/report.json", operation_id="getReport", responses={200: {"content": {"application/json": {}}}})
def get_report(request: Request, name: StudyName, db: DatabaseDep, verdicts: VerdictCacheDep) -> Response:
    """The verdict with all rows and everything needed to recompute it."""
    return conditional(
        request,
        revision=overview.stamp_among_all(db, name),
        build=lambda: json.dumps(_report(db, verdicts, name), allow_nan=False).encode(),
    )


@router.get(
    "/report.html",
    operation_id="getReportPage",
    response_class=Response,
    responses={200: {"content": {"text/html": {}}}},
)
def get_report_page(
    request: Request,
    name: StudyName,
    db: DatabaseDep,
    verdicts: VerdictCacheDep,
    plotly: Annotated[bool, Query(description="false: without the figures that can be zoomed, and their 5 MB")] = True,
) -> Response:
    """The report as one file that needs nothing else; sent as a download, since it contains its own scripts."""
    return conditional(
        request,
        revision=overview.stamp_among_all(db, name),
        build=lambda: render_html(_report(db, verdicts, name), plotly=plotly).encode(),
        media_type="text/html; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-report.html"'},
    )


@router.get(
    "/report.svg",
    operation_id="getReportPicture",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {}}}},
)
def get_report_picture(request: Request, name: StudyName, db: DatabaseDep, verdicts: VerdictCacheDep) -> Response:
    """The answer as one picture: each optimum beside the claim, or the arms of a comparison, with 95 % intervals."""
    return conditional(
        request,
        revision=overview.stamp_among_all(db, name),
        build=lambda: _picture(db, verdicts, name).encode(),
        media_type="image/svg+xml",
    )


def _picture(db: Database, verdicts: VerdictCache, name: str) -> str:
    compares = overview.document(db, name).compares
    return render_picture(comparing.report(db, name) if compares else verdicts.report(name))


def _report(db: Database, verdicts: VerdictCache, name: str) -> dict[str, Any]:
    if overview.document(db, name).compares:
        compared = comparing.report(db, name)
        return {**compared, "provenance": provenance(db, compared)}
    report = verdicts.report(name)
    counted = drawer(db, restored(report["spec"]).claim)
    return {**report, "provenance": provenance(db, report), "drawer": asdict(counted)}
