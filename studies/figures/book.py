"""All figures of a study by name, drawn alike for the pages, the API and the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from studies.figures.curves import ACCURACY, Curve, curves_figure, curves_info
from studies.figures.drift import drift_figure, drift_info
from studies.figures.history import history_figure, history_info
from studies.figures.landscape import landscape_info
from studies.figures.landscape_figure import landscape_figure
from studies.figures.paired import paired_figure, paired_info
from studies.figures.slices import slices_figure, slices_info
from studies.figures.theme import LIGHT, Palette
from studies.figures.trend import axis_of, trend_figure, trend_info
from studies.language.claim import Claim
from studies.language.objective_names import Judged
from studies.language.parameters import Axes
from studies.language.space import Space
from studies.records import Runs
from studies.verdict.model import SweepVerdict, Trend

FIGURES = {
    "landscape": "Landscape over η and α",
    "curves": "Learning curves",
    "paired": "Paired differences from the claim",
    "slices": "Along and across the ridge",
    "history": "Progress",
    "drift": "Where each sweep's optimum lies",
    "trend": "The optimum along the axis",
}


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


def draw(name: str, data: FigureData, palette: Palette = LIGHT) -> go.Figure:
    """One figure of `FIGURES`.

    Raises:
        KeyError: there is no such figure.
    """
    return _DRAWN[name](data, palette)


def _landscape(m: FigureData, palette: Palette) -> go.Figure:
    info = landscape_info(
        m.runs,
        m.claim,
        m.space,
        objective=m.objective,
        verdict=m.verdict,
        preregistered=m.preregistered,
        outcome=m.outcome,
    )
    return landscape_figure(info, palette)


_DRAWN: dict[str, Callable[[FigureData, Palette], go.Figure]] = {
    "landscape": _landscape,
    "curves": lambda m, palette: curves_figure(curves_info(m.curves, m.measured), palette),
    "paired": lambda m, palette: paired_figure(paired_info(m.verdict), palette),
    "slices": lambda m, palette: slices_figure(slices_info(m.claim, m.verdict), palette),
    "history": lambda m, palette: history_figure(
        history_info(m.runs, objective=m.objective, outcome=m.outcome), palette
    ),
    "drift": lambda m, palette: drift_figure(
        drift_info(m.verdicts, m.claim, m.widest_space or m.space, m.contexts), palette
    ),
    "trend": lambda m, palette: trend_figure(
        trend_info(m.trends, m.claim.axes, axis_of(m.trends, m.verdict.context if m.verdict else None)), palette
    ),
}
