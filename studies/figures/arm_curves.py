"""Learning curves of a comparison's rows: mean test accuracy by epoch with its 95 % interval as a band."""

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


@dataclass(frozen=True, slots=True)
class RowCurves:
    """The accuracy curves of one row's runs, an entry an epoch."""

    arm: str
    title: str
    how: How
    runs: tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class MeanCurve:
    """Mean accuracy by epoch with its 95 % interval; low and high are nan below two runs."""

    mark: Mark
    runs: int
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ArmCurvesInfo:
    """The curves of all rows."""

    curves: tuple[MeanCurve, ...]
    empty: str


def arm_curves_info(rows: Sequence[RowCurves]) -> ArmCurvesInfo:
    """Mean and band of every row; a run that ended early keeps its last accuracy.

    Args:
        rows: in the design's order.
    """
    longest = max((len(run) for row in rows for run in row.runs), default=0)
    drawn = marks([(row.arm, row.title, row.how) for row in rows])
    known = [(mark, row) for mark, row in zip(drawn, rows, strict=True) if any(row.runs)]
    curves = tuple(_mean(mark, [run for run in row.runs if run], longest) for mark, row in known)
    return ArmCurvesInfo(curves, "" if curves else "No learning curve yet. The first appears when a run finishes.")


def arm_curves_figure(info: ArmCurvesInfo, palette: Palette = LIGHT) -> go.Figure:
    """A line with its band for each row."""
    if info.empty:
        return empty(palette, info.empty)
    figure = frame(palette, height=HEIGHT + 22 * (len(info.curves) // 3))
    for curve in info.curves:
        figure.add_traces(list(_traces(curve, palette)))
    figure.update_layout(
        meta={"rows": len(info.curves)},
        xaxis=axis(palette, "epoch", rangemode="tozero"),
        yaxis=axis(palette, "test accuracy", tickformat=".4~p"),
    )
    return figure


def _mean(mark: Mark, runs: Sequence[Sequence[float | None]], longest: int) -> MeanCurve:
    values = np.array([_filled(run, longest) for run in runs])
    n = len(values)
    mean = values.mean(axis=0)
    if n < 2:
        none = np.full(longest, np.nan)
        return MeanCurve(mark, n, mean, none, none)
    half = float(student.isf(0.025, n - 1)) * values.std(axis=0, ddof=1) / np.sqrt(n)
    return MeanCurve(mark, n, mean, np.maximum(mean - half, 0.0), np.minimum(mean + half, 1.0))


def _filled(run: Sequence[float | None], longest: int) -> NDArray[np.float64]:
    """A run's curve, its last value kept where it has ended, or where there is none."""
    values = np.full(longest, np.nan)
    values[: len(run)] = [np.nan if value is None else value for value in run]
    for i in range(1, longest):
        if np.isnan(values[i]):
            values[i] = values[i - 1]
    return np.asarray(np.nan_to_num(values), dtype=np.float64)


def _traces(curve: MeanCurve, palette: Palette) -> Iterator[go.Scatter]:
    epochs = np.arange(1, len(curve.mean) + 1)
    colour = curve.mark.colour(palette)
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
        hovertemplate=f"{curve.mark.text}, {curve.runs} runs<br>epoch %{{x}}: %{{y:.2%}}<extra></extra>",
    )
