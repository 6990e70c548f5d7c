"""Learning curves of a comparison's rows: mean by epoch with its 95 % interval as a band.

Drawn is what the objective is about: the training loss for the area under its curve, the cross-entropy for itself, and
else the test accuracy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from studies.figures.arm_marks import Mark, faded, marks
from studies.figures.theme import LIGHT, Palette, axis, empty, frame
from studies.language.compare import How
from studies.late_scipy import t as student

HEIGHT = 420
BAND = 0.16  # opacity
MEASURED = {"accuracy": "test accuracy", "cross_entropy": "test cross-entropy", "loss": "training loss"}


@dataclass(frozen=True, slots=True)
class RowCurves:
    """The curves of one row's runs, an entry an epoch."""

    arm: str
    title: str
    how: How
    runs: tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class MeanCurve:
    """Mean by epoch with its 95 % interval; low and high are nan below two runs."""

    mark: Mark
    runs: int
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ArmCurvesInfo:
    """The curves of all rows; `measured` is what they show, one of `MEASURED`."""

    curves: tuple[MeanCurve, ...]
    empty: str
    measured: str = "accuracy"

    @property
    def label(self) -> str:
        """What the curves show, in words."""
        return MEASURED[self.measured]

    @property
    def is_share(self) -> bool:
        """True where values are shares."""
        return self.measured == "accuracy"


def measured_by(objective: str) -> str:
    """The curve that shows an objective: one of `MEASURED`."""
    return {"loss_area": "loss", "cross_entropy": "cross_entropy"}.get(objective, "accuracy")


def shown_by(objective: str) -> tuple[str, str]:
    """The curves of an objective's page: its own, then that of the other images, tested on or trained on."""
    own = measured_by(objective)
    return own, "accuracy" if own == "loss" else "loss"


def arm_curves_info(rows: Sequence[RowCurves], measured: str = "accuracy") -> ArmCurvesInfo:
    """Mean and band of every row; a run that ended early keeps its last value.

    Args:
        rows: in the design's order.
        measured: what the curves show.
    """
    curves = mean_curves(rows, (0.0, 1.0 if measured == "accuracy" else np.inf))
    nothing = "" if curves else "No learning curve yet. The first appears when a run finishes."
    return ArmCurvesInfo(curves, nothing, measured)


def mean_curves(rows: Sequence[RowCurves], ends: tuple[float, float]) -> tuple[MeanCurve, ...]:
    """Mean and band of every row that has a curve; a row without any keeps its place among the colours.

    Args:
        rows: in the design's order.
        ends: the least and the largest value that there can be; no band goes beyond.
    """
    longest = max((len(run) for row in rows for run in row.runs), default=0)
    drawn = marks([(row.arm, row.title, row.how) for row in rows])
    known = [(mark, row) for mark, row in zip(drawn, rows, strict=True) if any(row.runs)]
    return tuple(_mean(mark, [run for run in row.runs if run], longest, ends) for mark, row in known)


def arm_curves_figure(info: ArmCurvesInfo, palette: Palette = LIGHT) -> go.Figure:
    """A line with its band for each row."""
    if info.empty:
        return empty(palette, info.empty)
    figure = frame(palette, height=HEIGHT + 22 * (len(info.curves) // 3))
    for curve in info.curves:
        figure.add_traces(list(mean_traces(curve, palette, is_share=info.is_share)))
    figure.update_layout(
        meta={"rows": len(info.curves)},
        xaxis=axis(palette, "epoch", rangemode="tozero"),
        yaxis=axis(palette, info.label, **({"tickformat": ".4~p"} if info.is_share else {})),
    )
    return figure


def _mean(mark: Mark, runs: Sequence[Sequence[float | None]], longest: int, ends: tuple[float, float]) -> MeanCurve:
    values = np.array([_filled(run, longest) for run in runs])
    n = len(values)
    mean = values.mean(axis=0)
    if n < 2:
        none = np.full(longest, np.nan)
        return MeanCurve(mark, n, mean, none, none)
    half = float(student.isf(0.025, n - 1)) * values.std(axis=0, ddof=1) / np.sqrt(n)
    return MeanCurve(mark, n, mean, np.maximum(mean - half, ends[0]), np.minimum(mean + half, ends[1]))


def _filled(run: Sequence[float | None], longest: int) -> NDArray[np.float64]:
    """A run's curve, its last value kept where it has ended, or where there is none."""
    values = np.full(longest, np.nan)
    values[: len(run)] = [np.nan if value is None else value for value in run]
    for i in range(1, longest):
        if np.isnan(values[i]):
            values[i] = values[i - 1]
    return np.asarray(np.nan_to_num(values), dtype=np.float64)


def mean_traces(curve: MeanCurve, palette: Palette, *, is_share: bool) -> Iterator[go.Scatter]:
    """The band, where there is one, and the mean; one entry in the legend."""
    epochs = np.arange(1, len(curve.mean) + 1)
    colour, digits = curve.mark.colour(palette), ".2%" if is_share else ".3g"
    if np.isfinite(curve.low).all():
        yield go.Scatter(
            x=np.concatenate([epochs, epochs[::-1]]).tolist(),
            y=np.concatenate([curve.high, curve.low[::-1]]).tolist(),
            fill="toself",
            fillcolor=faded(colour, BAND),
            line={"width": 0},
            mode="lines",
            hoverinfo="skip",
            showlegend=False,
            legendgroup=curve.mark.text,
        )
    yield go.Scatter(
        x=epochs.tolist(),
        y=curve.mean.tolist(),
        mode="lines" if len(epochs) > 1 else "markers",
        name=curve.mark.text,
        legendgroup=curve.mark.text,
        line={"color": colour, "width": 2.2, "dash": curve.mark.dash},
        hovertemplate=f"{curve.mark.text}, {curve.runs} runs<br>epoch %{{x}}: %{{y:{digits}}}<extra></extra>",
    )
