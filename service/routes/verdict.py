"""Verdict and report: what follows from a study's runs."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request, Response

from service.dependencies import DatabaseDep, JudgeDep, StudyName
from service.problems import documented
from service.response_cache import conditional, to_json
from service.schemas import ForecastOut, LabelledVerdict
from service.verdicts.cache import Judge
from service.verdicts.forecast import outlook, pace_of
from service.verdicts.objectives import labelled
from studies.language.claim import Objective
from studies.report.document import render_html
from studies.report.provenance import provenance
from studies.storage import overview, workers
from studies.storage.engine import Database

router = APIRouter(prefix="/studies/{name}", tags=["verdict"], responses=documented(404, 422))


@router.get("/verdict", operation_id="getVerdict", responses={200: {"model": LabelledVerdict}})
def get_verdict(
    request: Request, name: StudyName, db: DatabaseDep, judge: JudgeDep, objective: Objective | None = None
) -> Response:
    """Supported, refuted or inconclusive, per sweep and for the study, with reasons and every number behind them.

    `objective` asks for another measure than the claim's; no training is repeated for it. Such an answer is
    exploratory: `claimed` is false, and `caution` says what it is worth.
    """
    judged = judge.verdict(name, objective)

    def build() -> bytes:
        return to_json(labelled(judged.verdict, overview.get(db, name).spec.claim.objective))

    return conditional(request, revision=judged.revision, build=build)


@router.get("/forecast", operation_id="getForecast")
def get_forecast(name: StudyName, db: DatabaseDep, judge: JudgeDep) -> ForecastOut:
    """What would decide the sweeps that are inconclusive for want of data, and how long the present workers need.

    Supposes that the fitted surfaces are the truth; `extend` with `until_decided` does it.
    """
    return outlook(overview.get(db, name).spec, judge.verdict(name).verdict, pace_of(workers.list_workers(db)))


def _report(db: Database, judge: Judge, name: str) -> dict[str, Any]:
    report = judge.report(name)
    return {**report, "provenance": provenance(db, report)}


@router.get("/report.json", operation_id="getReport", responses={200: {"content": {"application/json": {}}}})
def get_report(request: Request, name: StudyName, db: DatabaseDep, judge: JudgeDep) -> Response:
    """The verdict with all rows and everything needed to recompute it."""
    revision = overview.revision(db, name)
    return conditional(
        request, revision=revision, build=lambda: json.dumps(_report(db, judge, name), allow_nan=False).encode()
    )


@router.get(
    "/report.html",
    operation_id="getReportPage",
    response_class=Response,
    responses={200: {"content": {"text/html": {}}}},
)
def get_report_page(request: Request, name: StudyName, db: DatabaseDep, judge: JudgeDep) -> Response:
    """The report as one file that needs nothing else; sent as a download, since it carries its own scripts."""
    return conditional(
        request,
        revision=overview.revision(db, name),
        build=lambda: render_html(_report(db, judge, name)).encode(),
        media_type="text/html; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-report.html"'},
    )
