"""Figures as Plotly JSON."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from service.arm_figures import read_arm_figure_data
from service.dependencies import DatabaseDep, StudyName, VerdictCacheDep
from service.figure_data import choose_sweep, read_figure_data
from service.problems import documented
from service.response_cache import conditional, to_json
from service.schemas import ChosenArms, ChosenTrials, SweepName
from service.table_csv import table_csv
from service.verdicts.cache import CachedVerdict
from studies.comparing import require_arms
from studies.errors import Problem, SpecError
from studies.figures.arm_book import ARM_FIGURES, draw_arms
from studies.figures.book import FIGURES, FigureData, draw, tabulate
from studies.figures.curve_choice import CurveChoice, require_none
from studies.figures.curve_choice import chosen as chosen_curves
from studies.figures.packed import figure_json
from studies.figures.theme import DARK, LIGHT, Palette
from studies.language.claim import Objective
from studies.language.compare import ComparedObjective
from studies.language.phases import Phase
from studies.storage import overview
from studies.storage.engine import Database
from studies.storage.read_models import StudyDetail, SweepSummary

DataForm = Literal["csv", "json"]
ArmQuery = Annotated[ChosenArms, Query()]
TrialQuery = Annotated[ChosenTrials, Query()]
PhaseQuery = Annotated[Phase | None, Query(description="only trials of this phase, in figures drawn from trials")]
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
    PARALLEL = "parallel"
    RANK = "rank"
    IMPORTANCE = "importance"
    EDF = "edf"
    EDGE = "edge"
    FIT = "fit"
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
    phase: PhaseQuery = None,
    by: Annotated[
        ComparedObjective | None, Query(description="of the figures of a comparison; default: its own")
    ] = None,
    arm: ArmQuery = None,
    trial: TrialQuery = None,
) -> Response:
    """A figure of one sweep (the first, unless `sweep` names another), ready for `Plotly.react`.

    `arms`, `arm_curves`, `arm_axis` and `arm_widths` are those of a study that compares arms, in the sweep's context.
    """
    palette, choice = DARK if theme == "dark" else LIGHT, chosen_curves(arm, trial)
    if kind in ARM_FIGURES:
        require_none(choice)
        return _arms(request, name, kind, db, sweep, by, palette)
    detail, cached = verdicts.with_detail(name, objective)
    chosen = choose_sweep(detail, sweep)

    def build() -> bytes:
        figure = draw(kind, _read(db, detail, chosen, cached, kind, phase, choice), palette)
        return figure_json(figure).encode()

    return conditional(request, revision=(detail.summary.revision, cached.revision), build=build)


@router.get(
    "/{kind}/data.{form}",
    operation_id="getFigureData",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}, "application/json": {}}}},
)
def get_figure_data(
    request: Request,
    name: StudyName,
    kind: Annotated[FigureKind, Path(description="name of the figure")],
    form: Annotated[DataForm, Path(description="csv or json")],
    db: DatabaseDep,
    verdicts: VerdictCacheDep,
    sweep: SweepName = None,
    objective: Objective | None = None,
    phase: PhaseQuery = None,
    arm: ArmQuery = None,
    trial: TrialQuery = None,
) -> Response:
    """The numbers of a figure of one sweep as a table, and in JSON what it shows in words.

    Figures of a comparison have theirs at `/studies/{name}/comparison`.
    """
    if kind in ARM_FIGURES:
        raise SpecError([Problem("kind", f"has no table of its own; take one of {', '.join(FIGURES)}")])
    detail, cached = verdicts.with_detail(name, objective)
    chosen = choose_sweep(detail, sweep)

    def build() -> bytes:
        table = tabulate(kind, _read(db, detail, chosen, cached, kind, phase, chosen_curves(arm, trial)))
        if form == "csv":
            return table_csv(table)
        about = {"study": name, "sweep": chosen.name, "figure": kind.value, "phase": phase}
        return to_json({**about, "said": table.said, "columns": table.columns, "rows": table.rows})

    answer = conditional(
        request,
        revision=(detail.summary.revision, cached.revision),
        build=build,
        media_type="text/csv; charset=utf-8" if form == "csv" else "application/json",
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}-{kind.value}.{form}"'
    return answer


def _read(
    db: Database,
    detail: StudyDetail,
    sweep: SweepSummary,
    cached: CachedVerdict,
    kind: FigureKind,
    phase: Phase | None,
    choice: CurveChoice,
) -> FigureData:
    with_curves = kind is FigureKind.CURVES
    return read_figure_data(db, detail, sweep, cached=cached, with_curves=with_curves, phase=phase, choice=choice)


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
        return figure_json(draw_arms(kind, data, palette)).encode()

    return conditional(request, revision=detail.summary.revision, build=build)
