"""Figures as Plotly JSON."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response

from service.dependencies import DatabaseDep, StudyName, VerdictCacheDep
from service.figure_data import choose_sweep, read_figure_data
from service.problems import documented
from service.response_cache import conditional
from service.schemas import SweepName
from studies.figures.book import draw
from studies.figures.theme import DARK, LIGHT
from studies.language.claim import Objective
from studies.storage import overview

router = APIRouter(prefix="/studies/{name}/figures", tags=["figures"], responses=documented(404, 422))


class FigureKind(StrEnum):
    """The names of the figures."""

    LANDSCAPE = "landscape"
    CURVES = "curves"
    PAIRED = "paired"
    SLICES = "slices"
    HISTORY = "history"
    DRIFT = "drift"
    TREND = "trend"


@router.get(
    "/{kind}", operation_id="getFigure", responses={200: {"content": {"application/json": {}}, "description": "Plotly"}}
)
def get_figure(
    request: Request,
    name: StudyName,
    kind: Annotated[FigureKind, Path(description="name of the figure")],
    db: DatabaseDep,
    verdicts: VerdictCacheDep,
    sweep: SweepName = None,
    objective: Objective | None = None,
    theme: Literal["light", "dark"] = "light",
) -> Response:
    """A figure of one sweep (the first, unless `sweep` names another), ready for `Plotly.react`."""
    cached = verdicts.verdict(name, objective)
    detail = overview.get(db, name)
    chosen = choose_sweep(detail, sweep)

    def build() -> bytes:
        data = read_figure_data(db, detail, chosen, cached=cached, with_curves=kind is FigureKind.CURVES)
        text: str = draw(kind, data, DARK if theme == "dark" else LIGHT).to_json()
        return text.encode()

    return conditional(request, revision=(detail.summary.revision, cached.revision), build=build)
