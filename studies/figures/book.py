"""All figures of a study by name, drawn alike for the pages, the API and the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from studies.figures.curves import ACCURACY, ArmCurves, Curve, curves_figure, curves_info
from studies.figures.drift import drift_figure, drift_info
from studies.figures.edf import edf_figure, edf_info, edf_table
from studies.figures.edge import edge_figure, edge_info, edge_table
from studies.figures.figure_table import FigureTable
from studies.figures.fit import fit_figure, fit_info, fit_table
from studies.figures.history import history_figure, history_info
from studies.figures.importance import importance_figure, importance_info, importance_table
from studies.figures.landscape import LandscapeInfo, landscape_info
from studies.figures.landscape_figure import landscape_figure
from studies.figures.paired import paired_figure, paired_info
from studies.figures.parallel import parallel_figure, parallel_info, parallel_table
from studies.figures.plain_tables import (
    curves_table,
    drift_rows,
    history_table,
    landscape_table,
    paired_table,
    slices_table,
    trend_rows,
)
from studies.figures.rank import rank_figure, rank_info, rank_table
from studies.figures.slices import BAND_NOTE, slices_info
from studies.figures.slices_figure import slices_figure
from studies.figures.theme import LIGHT, Palette
from studies.figures.trend import TrendInfo, axis_of, trend_figure, trend_info
from studies.language.claim import Claim
from studies.language.objective_names import Judged
from studies.language.parameters import Axes
from studies.language.space import Space
from studies.records import Runs
from studies.verdict.model import Evidence, SweepVerdict, Trend

FIGURES = {
    "landscape": "Landscape over η and α",
    "curves": "Learning curves",
    "paired": "Paired differences from the claim",
    "slices": "Along and across the ridge",
    "history": "Progress",
    "drift": "Where each sweep's optimum lies",
    "trend": "The optimum along the axis",
    "parallel": "Parallel coordinates",
    "rank": "Trials by rank",
    "importance": "What matters for the best tenth",
    "edf": "How good the trials are",
    "edge": "Does the optimum lie inside the box?",
    "fit": "How well the surface fits",
}
NOTES = {  # how to read a figure, in a sentence or two
    "landscape": "Each point is a setting that was trained. The star is the claim, the ring the best measured; other "
    "signs mark settings whose runs failed, each cause its own.",
    "curves": "The claim’s replicates and the best trial, or what is chosen: arms of the confirmation as the mean of "
    "their runs with its 95 % band, single trials as they are. Others faint behind them.",
    "paired": "Same split, order and initial weights for both. Small points: single pairs, their height without "
    "meaning. The band is the margin within which a difference does not count.",
    "slices": "The fitted surface from two sides; bold: within the 95 % region. " + BAND_NOTE,
    "history": "Where to look, never evidence: the best of many is lucky.",
    "drift": "Shaded: within the claim’s tolerance. Bars: 95 % regions.",
    "trend": "Bars: 95 %, by the covariances that the line weighs with. Solid: the fitted power. Dashed: powers that "
    "theories name.",
    "parallel": "A line per trial, from its parameters to its value; the best tenth is drawn on top. Gold: the claim.",
    "rank": "Colour by rank, so that bad trials do not hide how the good ones differ. It shows where to look; it is "
    "no evidence.",
    "importance": "How far the best settings’ distribution over a parameter is from that of all settings (PED-ANOVA). "
    "The mark is what chance alone would reach.",
    "edf": "The share of trials that end at or below a value. Phases differ because later ones search where earlier "
    "ones were good.",
    "edge": "Where a curve is above 5 % at an edge of the box, the optimum may lie beyond it.",
    "fit": "A pattern means that the surface misses something; mere scatter is noise. The band is two standard "
    "deviations of one run.",
}
OF_TRIALS = frozenset({"landscape", "curves", "history", "parallel", "rank", "importance", "edf", "fit"})  # by phase


def title_of(name: str, axes: Axes) -> str:
    """The title of a figure of `FIGURES`, in the words of a study's parameters.

    Raises:
        KeyError: there is no such figure.
    """
    if name == "landscape":
        return "Landscape over {} and {}".format(*axes.symbols)
    return "Over each parameter" if name == "slices" and not axes.ridge else FIGURES[name]


@dataclass(frozen=True, slots=True, eq=False)
class FigureData:
    """The data of all figures: one sweep's runs and verdict, and the verdicts of all sweeps."""

    claim: Claim
    space: Space  # the sweep's
    objective: Judged
    runs: Runs
    verdict: SweepVerdict | None = None
    verdicts: Sequence[SweepVerdict] = ()
    curves: Sequence[Curve] = ()
    preregistered: Space | None = None  # the box as submitted, where `space` is another
    outcome: NDArray[np.str_] | None = None  # of each run, as the verdict found it; None: by the runs' causes
    measured: Judged = ACCURACY  # what the curves are of
    trends: Sequence[Trend] = ()  # of the study, of which those along the sweep's axis are drawn
    contexts: Mapping[str, str] | None = None  # names that people read, by the contexts' own
    widest_space: Space | None = None  # holds the boxes of all sweeps; None: they have this one's
    arm_curves: Sequence[ArmCurves] = ()  # of all arms of the confirmation, chosen ones with their runs
    evidence: Evidence | None = None  # of the sweep, of all phases; None: no single pairs and no band are drawn


def draw(name: str, data: FigureData, palette: Palette = LIGHT) -> go.Figure:
    """One figure of `FIGURES`.

    Raises:
        KeyError: there is no such figure.
    """
    kind: _Kind[Any] = _KINDS[name]
    return kind.figure(kind.info(data), palette)


def tabulate(name: str, data: FigureData) -> FigureTable:
    """The numbers of a figure of `FIGURES`, and what it shows in words.

    Raises:
        KeyError: there is no such figure.
    """
    kind: _Kind[Any] = _KINDS[name]
    return kind.table(kind.info(data))


Info = TypeVar("Info")


@dataclass(frozen=True, slots=True)
class _Kind(Generic[Info]):
    """A figure: what it shows, drawn and as a table."""

    info: Callable[[FigureData], Info]
    figure: Callable[[Info, Palette], go.Figure]
    table: Callable[[Info], FigureTable]


def landscape_of(m: FigureData) -> LandscapeInfo:
    """The landscape's contents, from the data of all figures."""
    return landscape_info(
        m.runs,
        m.claim,
        m.space,
        objective=m.objective,
        verdict=m.verdict,
        preregistered=m.preregistered,
        outcome=m.outcome,
    )


def _trend(m: FigureData) -> TrendInfo:
    return trend_info(m.trends, m.claim.axes, axis_of(m.trends, m.verdict.context if m.verdict else None))


def _of_box(made: Callable[..., Info]) -> Callable[[FigureData], Info]:
    """Of a figure whose trials lie in the sweep's box."""
    return lambda m: made(m.runs, m.claim, m.space, objective=m.objective, outcome=m.outcome)


_KINDS: dict[str, _Kind[Any]] = {
    "landscape": _Kind(landscape_of, landscape_figure, landscape_table),
    "curves": _Kind(lambda m: curves_info(m.curves, m.measured, m.arm_curves), curves_figure, curves_table),
    "paired": _Kind(lambda m: paired_info(m.verdict, m.evidence), paired_figure, paired_table),
    "slices": _Kind(lambda m: slices_info(m.claim, m.verdict, m.evidence), slices_figure, slices_table),
    "history": _Kind(
        lambda m: history_info(m.runs, objective=m.objective, outcome=m.outcome), history_figure, history_table
    ),
    "drift": _Kind(
        lambda m: drift_info(m.verdicts, m.claim, m.widest_space or m.space, m.contexts), drift_figure, drift_rows
    ),
    "trend": _Kind(_trend, trend_figure, trend_rows),
    "parallel": _Kind(_of_box(parallel_info), parallel_figure, parallel_table),
    "rank": _Kind(_of_box(rank_info), rank_figure, rank_table),
    "importance": _Kind(
        lambda m: importance_info(m.runs, m.claim.axes, m.space, objective=m.objective, outcome=m.outcome),
        importance_figure,
        importance_table,
    ),
    "edf": _Kind(lambda m: edf_info(m.runs, objective=m.objective, outcome=m.outcome), edf_figure, edf_table),
    "edge": _Kind(lambda m: edge_info(m.claim, m.space, m.verdict), edge_figure, edge_table),
    "fit": _Kind(
        lambda m: fit_info(m.runs, m.claim.axes, m.verdict, objective=m.objective, outcome=m.outcome),
        fit_figure,
        fit_table,
    ),
}
