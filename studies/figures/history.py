"""Progress: every trial in order, and the best so far. Shows where to look; it is never evidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from studies.figures.scales import LABELS, Ticks, column, shade, shade_ticks
from studies.figures.theme import LIGHT, Palette, axis, empty, frame
from studies.records import Runs

HEIGHT = 320
WORST_SHOWN = 0.15  # quantile of the trials at which the axis starts


@dataclass(frozen=True, slots=True)
class PhaseSpan:
    """Trials of one phase: first and last number."""

    phase: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class HistoryInfo:
    """Means per trial on the drawn scale (larger is better), and the running best."""

    objective: str
    trials: tuple[int, ...]
    values: tuple[float, ...]  # raw
    shades: tuple[float, ...]
    best_so_far: tuple[float, ...]  # drawn scale
    diverged: tuple[int, ...]  # trial numbers
    phases: tuple[PhaseSpan, ...]
    floor: float  # worse trials are drawn here, so that the good end gets the room
    ticks: Ticks
    empty: str


def history_info(runs: Runs, *, objective: str) -> HistoryInfo:
    """Mean of each trial that did not diverge, in order of trial number, with the running best."""
    trials, values, diverged = _means(runs, objective)
    shades = shade(values, objective) if len(values) else np.empty(0)
    low, high = (float(np.quantile(shades, WORST_SHOWN)), float(shades.max())) if len(shades) else (0.0, 1.0)
    return HistoryInfo(
        objective=objective,
        trials=tuple(trials),
        values=tuple(values),
        shades=tuple(shades.tolist()),
        best_so_far=tuple(np.maximum.accumulate(shades).tolist()) if len(shades) else (),
        diverged=tuple(diverged),
        phases=_phases(runs),
        floor=low,
        ticks=shade_ticks(low, high, objective),
        empty="" if len(runs) else "Nothing measured yet.",
    )


def history_figure(info: HistoryInfo, palette: Palette = LIGHT) -> go.Figure:
    """Progress as a plotly figure."""
    if info.empty:
        return empty(palette, info.empty)
    figure = frame(palette, height=HEIGHT)
    figure.add_trace(_trials(info, palette))
    figure.add_trace(_best_so_far(info, palette))
    if info.diverged:
        figure.add_trace(_diverged(info, palette))
    _add_phases(figure, info, palette)
    y = axis(palette, LABELS[info.objective], tickvals=list(info.ticks.at), ticktext=list(info.ticks.text))
    figure.update_layout(xaxis=axis(palette, "trial"), yaxis=y, legend={"y": 1.08})
    return figure


def _trials(info: HistoryInfo, palette: Palette) -> go.Scatter:
    """Each trial's mean; those below the floor as triangles on it."""
    return go.Scatter(
        x=info.trials,
        y=np.maximum(info.shades, info.floor).tolist(),
        mode="markers",
        name="trial",
        marker={
            "size": [7 if s < info.floor else 5 for s in info.shades],
            "symbol": ["triangle-down" if s < info.floor else "circle" for s in info.shades],
            "color": palette.muted,
            "opacity": 0.55,
        },
        hovertemplate="trial #%{x}: %{customdata:.4g}<extra></extra>",
        customdata=info.values,
    )


def _best_so_far(info: HistoryInfo, palette: Palette) -> go.Scatter:
    return go.Scatter(
        x=info.trials,
        y=np.maximum(info.best_so_far, info.floor).tolist(),
        mode="lines",
        name="best so far",
        line={"color": palette.best, "width": 2, "shape": "hv"},
        hoverinfo="skip",
    )


def _diverged(info: HistoryInfo, palette: Palette) -> go.Scatter:
    """A cross on the floor for each trial with a diverged run."""
    return go.Scatter(
        x=info.diverged,
        y=[info.floor] * len(info.diverged),
        mode="markers",
        name="diverged",
        marker={"symbol": "x-thin", "size": 6, "line": {"width": 1.4, "color": palette.diverged}},
        hovertemplate="trial #%{x} diverged<extra></extra>",
    )


def _add_phases(figure: go.Figure, info: HistoryInfo, palette: Palette) -> None:
    for span in info.phases:
        if span.first > 0:
            figure.add_vline(x=span.first - 0.5, line={"color": palette.grid, "width": 1.5})
        figure.add_annotation(
            x=span.first,
            y=1,
            yref="paper",
            yanchor="bottom",
            xanchor="left",
            text=span.phase,
            showarrow=False,
            font={"size": 11, "color": palette.muted},
        )


def _means(runs: Runs, objective: str) -> tuple[list[int], list[float], list[int]]:
    """Numbers and means of the trials that can be drawn, and the numbers of those where a run diverged."""
    numbers, codes = np.unique(runs.trial, return_inverse=True)
    codes, raw = codes.ravel(), column(runs, objective)
    diverged = np.bincount(codes, weights=runs.diverged, minlength=len(numbers)) > 0
    finite = np.isfinite(raw)
    counts = np.bincount(codes[finite], minlength=len(numbers))
    sums = np.bincount(codes[finite], weights=raw[finite], minlength=len(numbers))
    shown = ~diverged & (counts > 0)
    return numbers[shown].tolist(), (sums[shown] / counts[shown]).tolist(), numbers[diverged].tolist()


def _phases(runs: Runs) -> tuple[PhaseSpan, ...]:
    """Evidence phases in order of their first trial; controls run inside confirm and count as confirm here."""
    spans = []
    names = ["confirm" if p == "controls" else str(p) for p in runs.phase]
    for phase in dict.fromkeys(names):
        rows = runs.trial[np.asarray(names) == phase]
        spans.append(PhaseSpan(phase, int(rows.min()), int(rows.max())))
    return tuple(spans)
