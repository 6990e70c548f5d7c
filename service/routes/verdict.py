"""Verdict and report: what follows from a study's runs."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request, Response

from service.answers import conditional, to_json
from service.dependencies import DatabaseDep, JudgeDep, StudyName
from service.judging import Judge
from service.objectives import LabelledVerdict, labelled
from service.problems import documented
from service.routes.studies import present_cost
from service.schemas import ForecastItem, ForecastOut
from studies.claim import Objective
from studies.cost import paper_images_per_run
from studies.evidence import context_of
from studies.later_looks import runs_to_decide
from studies.provenance import provenance
from studies.report import render_html
from studies.spec import StudySpec
from studies.storage import studies
from studies.storage.engine import Database
from studies.verdict.records import SweepVerdict

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
        return to_json(labelled(judged.verdict, studies.get(db, name).spec.claim.objective))

    return conditional(request, revision=judged.revision, build=build)


@router.get("/forecast", operation_id="getForecast")
def get_forecast(name: StudyName, db: DatabaseDep, judge: JudgeDep) -> ForecastOut:
    """What would decide the sweeps that are inconclusive for want of data, and how long the present workers need.

    Supposes that the fitted surfaces are the truth; `extend` with `until_decided` does it.
    """
    spec, verdict = studies.get(db, name).spec, judge.verdict(name).verdict
    cost = present_cost(spec, db)
    grants = runs_to_decide(spec, verdict)
    items = [
        ForecastItem(
            sweep=sweep.sweep,
            needed=sweep.needed,
            seconds=_seconds(spec, sweep, cost.images_per_second),
            grant=grants.get(sweep.sweep, 0),
        )
        for sweep in verdict.sweeps
        if sweep.needed is not None
    ]
    return ForecastOut(
        study=name, images_per_second=cost.images_per_second, rate_measured=cost.rate_measured, sweeps=items
    )


def _seconds(spec: StudySpec, sweep: SweepVerdict, rate: float) -> float | None:
    runs = sweep.needed.runs if sweep.needed is not None else None
    return None if runs is None else runs * paper_images_per_run(spec, context_of(spec, sweep.context)) / rate


def _report(db: Database, judge: Judge, name: str) -> dict[str, Any]:
    report = judge.report(name)
    return {**report, "provenance": provenance(db, report)}


@router.get("/report.json", operation_id="getReport", responses={200: {"content": {"application/json": {}}}})
def get_report(request: Request, name: StudyName, db: DatabaseDep, judge: JudgeDep) -> Response:
    """The verdict with all rows and everything needed to recompute it."""
    revision = studies.revision(db, name)
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
        revision=studies.revision(db, name),
        build=lambda: render_html(_report(db, judge, name)).encode(),
        media_type="text/html; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-report.html"'},
    )
