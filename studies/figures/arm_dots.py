"""Rows of a comparison as dots with 95 % intervals, in one context under one loss, the paper's cells beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from studies.comparison.model import ArmResult, ArmRow
from studies.comparison.words import LABELS, UNITS, amount, legend, source
from studies.figures.arm_marks import Mark, marks
from studies.figures.theme import LIGHT, Palette, axis, empty, frame
from studies.language.compare import LARGER_IS_BETTER

ROW, ROOM = 46, 150  # height of a row in px; of what is above and below them
BESIDE = 0.26  # of a row, by which the paper's cell lies below ours


@dataclass(frozen=True, slots=True)
class Dot:
    """One row: ours with its interval, the paper's cell, and words for a reader who points at it."""

    mark: Mark
    result: ArmResult
    said: str


@dataclass(frozen=True, slots=True)
class DotsInfo:
    """Rows from top to bottom, by one objective."""

    objective: str
    dots: tuple[Dot, ...]
    baseline: float | None  # mean of the baseline's fairest row
    empty: str


def dots_info(rows: Sequence[ArmRow], objective: str) -> DotsInfo:
    """The rows of one context and loss.

    Args:
        rows: of one context under one loss.
        objective: one of their results.
    """
    drawn = marks([(row.arm, row.title, row.how) for row in rows])
    results = [row.result(objective) for row in rows]
    dots = tuple(Dot(mark, result, _said(mark, result)) for mark, result in zip(drawn, results, strict=True))
    bases = [result.mean for row, result in zip(rows, results, strict=True) if row.baseline and result.mean is not None]
    known = any(result.n for result in results)
    nothing = (
        "Nothing is known of this objective." if any(row.results[0].n for row in rows) else "No run is measured yet."
    )
    return DotsInfo(objective, dots, bases[-1] if bases else None, "" if known else nothing)


def dots_figure(info: DotsInfo, palette: Palette = LIGHT) -> go.Figure:
    """Means with 95 % intervals; a row whose runs mostly never arrived says so in place of a dot."""
    if info.empty:
        return empty(palette, info.empty)
    figure = frame(palette, height=ROOM + ROW * len(info.dots))
    share = info.objective in LARGER_IS_BETTER
    for i, dot in enumerate(info.dots):
        figure.add_trace(_ours(dot, i, palette))
        if dot.result.mean is None:
            figure.add_annotation(_without_mean(dot, i, palette))
    papers = [(i, dot) for i, dot in enumerate(info.dots) if dot.result.paper is not None]
    if papers:
        figure.add_trace(_papers(papers, info.objective, palette))
    if info.baseline is not None:
        figure.add_vline(x=info.baseline, line={"color": palette.muted, "width": 1, "dash": "dot"})
    names = [dot.mark.lines for dot in info.dots]
    ticks = {"tickvals": list(range(len(names))), "ticktext": names, "range": [len(names) - 0.4, -0.6]}
    unit = UNITS.get(info.objective, "")
    title = LABELS[info.objective] + (f", {unit}" if unit and info.objective == "cpu_seconds" else "")
    figure.update_layout(
        xaxis=axis(palette, title, **({"tickformat": ".4~p"} if share else {})),
        yaxis=axis(palette, "", showgrid=False, **ticks),
    )
    return figure


def _ours(dot: Dot, at: int, palette: Palette) -> go.Scatter:
    result = dot.result
    above = None if result.high is None or result.mean is None else result.high - result.mean
    below = None if result.low is None or result.mean is None else result.mean - result.low
    marker = dot.mark.marker(palette, 10)
    if result.at_least:
        marker["symbol"] = "triangle-right" + ("-open" if dot.mark.how == "published" else "")
    return go.Scatter(
        x=[result.mean],
        y=[at],
        mode="markers",
        showlegend=False,
        marker=marker,
        error_x=_bars(above, below, dot.mark.colour(palette)),
        hovertext=[dot.said],
        hoverinfo="text",
    )


def _bars(above: float | None, below: float | None, colour: str) -> dict[str, Any]:
    bars = {"array": [above or 0.0], "arrayminus": [below or 0.0]}
    return {"type": "data", "symmetric": False, **bars, "color": colour, "thickness": 2, "width": 5}


def _papers(papers: Sequence[tuple[int, Dot]], objective: str, palette: Palette) -> go.Scatter:
    cells = [dot.result.paper for _, dot in papers]
    return go.Scatter(
        x=[cell.mean for cell in cells if cell],
        y=[i + BESIDE for i, _ in papers],
        mode="markers",
        name=legend([cell for cell in cells if cell]),
        marker={"size": 8, "color": palette.ink, "symbol": "line-ns-open", "line": {"width": 2}},
        error_x={
            "type": "data",
            "array": [(cell.sd or 0.0) for cell in cells if cell],
            "color": palette.muted,
            "thickness": 1.4,
            "width": 4,
        },
        hovertext=[
            f"{source(cell)}: {amount(cell.mean, objective)}{_spread(cell.sd, objective)}" for cell in cells if cell
        ],
        hoverinfo="text",
    )


def _spread(sd: float | None, objective: str) -> str:
    return "" if sd is None else f" ± {amount(sd, objective)}"


def _without_mean(dot: Dot, at: int, palette: Palette) -> dict[str, Any]:
    text = "no run yet" if not dot.result.n else f"{dot.result.n - dot.result.censored} of {dot.result.n} runs: no mean"
    place = {"x": 0.02, "xref": "paper", "y": at, "yref": "y", "xanchor": "left"}
    return {**place, "text": text, "showarrow": False, "font": {"size": 12, "color": palette.muted}}


def _said(mark: Mark, result: ArmResult) -> str:
    """A row in words."""
    if result.mean is None:
        return f"<b>{mark.text}</b><br>{result.n} runs, {result.censored} beyond the end"
    bound = "at least " if result.at_least else ""
    low, high = amount(result.low, result.objective), amount(result.high, result.objective)
    span = f" (95 %: {low} to {high})" if result.high is not None else f" (95 %: from {low})" if result.low else ""
    return f"<b>{mark.text}</b><br>{bound}{amount(result.mean, result.objective)}{span}, {result.n} runs"
