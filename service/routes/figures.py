"""Figures as Plotly JSON."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from service.arm_figures import read_arm_figure_data
from service.dependencies import DatabaseDep, StudyName, VerdictCacheDep
from service.figure_data import choose_sweep, read_figure_data
from service.problems import documented
from service.response_cache import conditional
from service.schemas import SweepName
from studies.comparing import require_arms
from studies.figures.arm_book import ARM_FIGURES, draw_arms
from studies.figures.book import draw
from studies.figures.theme import DARK, LIGHT, Palette
from studies.language.claim import Objective
from studies.language.compare import ComparedObjective
from studies.storage import overview
from studies.storage.engine import Database

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
    ARMS = "arms"
    ARM_CURVES = "arm_curves"
    ARM_AXIS = "arm_axis"
    ARM_WIDTHS = "arm_widths"


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
    by: Annotated[
        ComparedObjective | None, Query(description="of the figures of a comparison; default: its own")
    ] = None,
) -> Response:
    """A figure of one sweep (the first, unless `sweep` names another), ready for `Plotly.react`.

    `arms`, `arm_curves`, `arm_axis` and `arm_widths` are those of a study that compares arms, in the sweep's context.
    """
    palette = DARK if theme == "dark" else LIGHT
    if kind in ARM_FIGURES:
        return _arms(request, name, kind, db, sweep, by, palette)
    cached = verdicts.verdict(name, objective)
    detail = overview.get(db, name)
    chosen = choose_sweep(detail, sweep)

    def build() -> bytes:
        data = read_figure_data(db, detail, chosen, cached=cached, with_curves=kind is FigureKind.CURVES)
        text: str = draw(kind, data, palette).to_json()
        return text.encode()

    return conditional(request, revision=(detail.summary.revision, cached.revision), build=build)


def _arms(
    request: Request,
    name: str,
    kind: FigureKind,
    db: Database,
    sweep: str | None,
    by: ComparedObjective | None,
    palette: Palette,
) -> Response:
    """A figure of a comparison."""
    detail = overview.get(db, name)
    require_arms(detail)
    chosen = choose_sweep(detail, sweep)

    def build() -> bytes:
        with_curves = kind is FigureKind.ARM_CURVES
        data = read_arm_figure_data(db, detail, chosen, objective=by, with_curves=with_curves)
        text: str = draw_arms(kind, data, palette).to_json()
        return text.encode()

    return conditional(request, revision=detail.summary.revision, build=build)
