"""How well the fitted surface describes the trials: what is left of each one when the surface is taken away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from studies.figures.figure_table import FigureTable
from studies.figures.numbers import number, p_value
from studies.figures.precision import on_axis
from studies.figures.scales import in_view
from studies.figures.theme import LIGHT, Palette, axis, empty, frame, say_shown
from studies.figures.trial_values import TrialValues, trial_values
from studies.language.objective_names import Judged, is_real, response_unit
from studies.language.parameters import Axes
from studies.records import Runs
from studies.verdict.model import RegionMap, SweepVerdict
from studies.verdict.names import judged_by

HEIGHT = 340
FloatArray = NDArray[np.float64]
SYMBOLS = ("circle", "diamond", "square", "cross", "triangle-up")


@dataclass(frozen=True, slots=True, eq=False)
class FitInfo:
    """Trials within the fitted zone, in response units; `sigma` is the deviation of one run within a block."""

    trials: TrialValues
    fitted: FloatArray
    left: FloatArray  # response minus fitted
    sigma: float | None
    said: str
    empty: str


def fit_info(
    runs: Runs,
    axes: Axes,
    verdict: SweepVerdict | None,
    *,
    objective: Judged,
    outcome: NDArray[np.str_] | None = None,
) -> FitInfo:
    """Residuals of one sweep's trials; arguments as of `trial_values`.

    Args:
        runs: of the sweep.
        axes: the parameters.
        verdict: of the sweep, with its surface.
        objective, outcome: as of `trial_values`.
    """
    every = trial_values(runs, objective, outcome)
    region = verdict.region if verdict is not None else None
    nothing = every.where(np.zeros(len(every), dtype=bool))
    if verdict is None or region is None:
        return _none(nothing, "No fitted surface yet: it needs the map to be finished.")
    if is_real(objective):
        return _none(nothing, "Residuals of a measure of its own unit are not drawn: the surface is fitted in another.")
    v, u = axes.coordinates(every.eta, every.alpha)
    fitted = interpolated(region, v, u)
    inside = every.known & np.isfinite(fitted)
    trials, left = every.where(inside), (every.shade - fitted)[inside]
    said = _said(trials, left, every, verdict)
    return FitInfo(trials, fitted[inside], left, verdict.sigma, said, "" if len(left) else "No trial lies in the zone.")


def fit_figure(info: FitInfo, palette: Palette = LIGHT) -> go.Figure:
    """Residuals over the fitted response, a sign per phase; the band is two deviations of one run."""
    if info.empty:
        return empty(palette, info.empty)
    figure = frame(palette, height=HEIGHT)
    if info.sigma is not None:
        band = {"fillcolor": palette.region_fill, "line": {"width": 0}, "layer": "below"}
        figure.add_hrect(y0=-2.0 * info.sigma, y1=2.0 * info.sigma, **band)
    figure.add_hline(y=0.0, line={"color": palette.muted, "width": 1.5})
    colours = (palette.best, palette.rival, palette.untrained, palette.collapsed, palette.muted)
    drawn = 0
    for i, phase in enumerate(dict.fromkeys(info.trials.phase.tolist())):
        marker = {"size": 7, "symbol": SYMBOLS[i % len(SYMBOLS)], "color": colours[i % len(colours)], "opacity": 0.7}
        rows = _drawn(info.trials.phase == phase)
        drawn += len(rows)
        figure.add_trace(_points(info, rows, phase, marker))
    say_shown(figure, drawn, len(info.trials))
    own = _drawn(info.trials.claim)
    if len(own):
        gold = {"symbol": "star", "size": 12, "color": palette.claim, "line": {"width": 1, "color": palette.claim_edge}}
        figure.add_trace(_points(info, own, "claim", gold))
    x = axis(palette, "fitted response, better to the right")
    figure.update_layout(xaxis=x, yaxis=axis(palette, "measured − fitted"))
    return figure


def fit_table(info: FitInfo) -> FigureTable:
    """A row per trial, the largest residual first."""
    order = np.argsort(-np.abs(info.left))
    found = info.trials.where(order)
    columns = ("trial", "phase", "value", "fitted response", "measured − fitted")
    rows = zip(
        found.number.tolist(),
        found.phase.tolist(),
        found.value.tolist(),
        info.fitted[order].tolist(),
        info.left[order].tolist(),
        strict=True,
    )
    return FigureTable.of(columns, rows, info.said or info.empty)


def interpolated(region: RegionMap, v: FloatArray, u: FloatArray) -> FloatArray:
    """The fitted response at points (v, u), shape (n,), linear between four nodes; nan outside the fitted zone."""
    mean = np.array([[np.nan if x is None else x for x in row] for row in region.mean], dtype=np.float64)
    (i, across), (j, along) = _between(np.array(region.u), u), _between(np.array(region.v), v)
    low = mean[i, j] * (1.0 - along) + mean[i, j + 1] * along
    high = mean[i + 1, j] * (1.0 - along) + mean[i + 1, j + 1] * along
    found = low * (1.0 - across) + high * across
    outside = (across < 0.0) | (across > 1.0) | (along < 0.0) | (along > 1.0)
    return np.where(outside, np.nan, found)


def _between(nodes: FloatArray, at: FloatArray) -> tuple[NDArray[np.intp], FloatArray]:
    """The node below each of these, and the way from there to the next as a share; rounding at an end is none."""
    below = np.clip(np.searchsorted(nodes, at, side="right") - 1, 0, len(nodes) - 2)
    gap = nodes[below + 1] - nodes[below]  # 0 in a box so narrow that floats do not tell its nodes apart
    share = np.divide(at - nodes[below], gap, out=np.zeros_like(at), where=gap > 0.0)
    return below, np.where(np.abs(share - np.round(share)) < 1e-9, np.round(share), share)


def _drawn(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Places of the trials that are drawn: all, or every so many."""
    places = np.flatnonzero(mask)
    return places[in_view(len(places))]


def _ends(values: FloatArray) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def _points(info: FitInfo, rows: NDArray[np.intp], name: str, marker: dict[str, object]) -> go.Scatter:
    return go.Scatter(
        x=on_axis(info.fitted[rows], _ends(info.fitted)),
        y=on_axis(info.left[rows], _ends(info.left)),
        mode="markers",
        name=name,
        marker=marker,
        customdata=info.trials.number[rows].tolist(),
        text=[number(value, 4) for value in info.trials.value[rows].tolist()],
        hovertemplate="trial #%{customdata}: %{text}<br>measured − fitted %{y:.2f}<extra></extra>",
    )


def _none(nothing: TrialValues, why: str) -> FitInfo:
    return FitInfo(nothing, np.empty(0), np.empty(0), None, "", why)


def _said(trials: TrialValues, left: FloatArray, every: TrialValues, verdict: SweepVerdict) -> str:
    if not len(left):
        return ""
    out = len(every) - len(left)
    half = f"Half of {len(left):,} trials lie within {number(float(np.median(np.abs(left))), 2)} of the surface"
    sigma = "" if verdict.sigma is None else f"; one run alone scatters by {number(verdict.sigma, 2)}"
    misfit = "" if verdict.lack_of_fit is None else f" Lack of fit: p {p_value(verdict.lack_of_fit)}."
    apart = f" {out:,} trials are not drawn: they have no value, or lie outside the fitted zone." if out else ""
    return f"{half} ({response_unit(judged_by(verdict))}{sigma}).{misfit}{apart}"
