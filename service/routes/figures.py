"""Figures as Plotly JSON."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from service.arm_figures import read_arm_figure_data
from service.dependencies import DatabaseDep, StudyName, VerdictCacheDep
from service.figure_data import NO_CHOICE, choose_sweep, read_figure_data
from service.problems import documented
from service.response_cache import conditional, to_json
from service.schemas import ChosenArms, ChosenTrials, SweepName
from service.table_csv import table_csv
from service.verdicts.cache import CachedVerdict, VerdictCache
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
Theme = Literal["light", "dark"]
PLOTLY: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {}}, "description": "Plotly"}}
ArmQuery = Annotated[ChosenArms, Query()]
TrialQuery = Annotated[ChosenTrials, Query()]
PhaseQuery = Annotated[Phase | None, Query(description="only trials of this phase, in figures drawn from trials")]
ByQuery = Annotated[ComparedObjective | None, Query(description="of the figures of a comparison; default: its own")]
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


KindsQuery = Annotated[
    list[FigureKind], Query(min_length=1, max_length=len(FigureKind), description="name of a figure; repeatable")
]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Figures of one sweep, and how they are to be drawn."""

    study: str
    kinds: tuple[FigureKind, ...]
    sweep: str | None
    theme: Theme
    objective: Objective | None
    by: ComparedObjective | None
    phase: Phase | None
    choice: CurveChoice = NO_CHOICE

    @property
    def palette(self) -> Palette:
        """The colours of the theme."""
        return DARK if self.theme == "dark" else LIGHT


@router.get("", operation_id="getFigures", responses=PLOTLY)
def get_figures(
    request: Request,
    name: StudyName,
    kind: KindsQuery,
    db: DatabaseDep,
    verdicts: VerdictCacheDep,
    sweep: SweepName = None,
    objective: Objective | None = None,
    theme: Theme = "light",
    phase: PhaseQuery = None,
    by: ByQuery = None,
) -> Response:
    """Several figures of one sweep in one answer, each under its name, as `getFigure` has them one by one.

    Figures of a comparison and others do not go together, since no study has both.
    """
    kinds = tuple(dict.fromkeys(kind))
    asked = _Asked(name, kinds, sweep, theme, objective, by, phase)
    return _answer(request, db, verdicts, asked, _by_name)


@router.get("/{kind}", operation_id="getFigure", responses=PLOTLY)
def get_figure(
    request: Request,
    name: StudyName,
    kind: Annotated[FigureKind, Path(description="name of the figure")],
    db: DatabaseDep,
    verdicts: VerdictCacheDep,
    sweep: SweepName = None,
    objective: Objective | None = None,
    theme: Theme = "light",
    phase: PhaseQuery = None,
    by: ByQuery = None,
    arm: ArmQuery = None,
    trial: TrialQuery = None,
) -> Response:
    """A figure of one sweep (the first, unless `sweep` names another), ready for `Plotly.react`.

    `arms`, `arm_curves`, `arm_axis` and `arm_widths` are those of a study that compares arms, in the sweep's context.
    """
    asked = _Asked(name, (kind,), sweep, theme, objective, by, phase, chosen_curves(arm, trial))
    return _answer(request, db, verdicts, asked, itemgetter(kind))


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
        table = tabulate(kind, _read(db, detail, chosen, cached, (kind,), phase, chosen_curves(arm, trial)))
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


def _answer(
    request: Request, db: Database, verdicts: VerdictCache, asked: _Asked, body: Callable[[dict[str, str]], str]
) -> Response:
    """The figures, each as JSON, put together by `body`."""
    of_arms = [kind for kind in asked.kinds if kind in ARM_FIGURES]
    if of_arms and len(of_arms) < len(asked.kinds):
        raise SpecError([Problem("kind", f"{of_arms[0]} is of comparisons alone; ask for it without the others")])
    revision, drawn = _arms(db, asked) if of_arms else _figures(db, verdicts, asked)
    return conditional(request, revision=revision, build=lambda: body(drawn()).encode())


def _by_name(drawn: dict[str, str]) -> str:
    return "{" + ",".join(f'"{name}":{figure}' for name, figure in drawn.items()) + "}"


def _figures(db: Database, verdicts: VerdictCache, asked: _Asked) -> tuple[Hashable, Callable[[], dict[str, str]]]:
    """The revision of figures, and what draws them from data that are read once."""
    detail, cached = verdicts.with_detail(asked.study, asked.objective)
    chosen = choose_sweep(detail, asked.sweep)

    def drawn() -> dict[str, str]:
        data = _read(db, detail, chosen, cached, asked.kinds, asked.phase, asked.choice)
        return {kind: figure_json(draw(kind, data, asked.palette)) for kind in asked.kinds}

    return (detail.summary.revision, cached.revision), drawn


def _arms(db: Database, asked: _Asked) -> tuple[Hashable, Callable[[], dict[str, str]]]:
    """The same of a comparison."""
    require_none(asked.choice)
    detail = overview.get(db, asked.study)
    require_arms(detail)
    chosen = choose_sweep(detail, asked.sweep)

    def drawn() -> dict[str, str]:
        with_curves = FigureKind.ARM_CURVES in asked.kinds
        data = read_arm_figure_data(db, detail, chosen, objective=asked.by, with_curves=with_curves)
        return {kind: figure_json(draw_arms(kind, data, asked.palette)) for kind in asked.kinds}

    return detail.summary.revision, drawn


def _read(
    db: Database,
    detail: StudyDetail,
    sweep: SweepSummary,
    cached: CachedVerdict,
    kinds: Sequence[FigureKind],
    phase: Phase | None,
    choice: CurveChoice,
) -> FigureData:
    with_curves = FigureKind.CURVES in kinds
    return read_figure_data(db, detail, sweep, cached=cached, with_curves=with_curves, phase=phase, choice=choice)
