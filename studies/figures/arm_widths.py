"""Smallest widths of a comparison's rows as dots with 95 % intervals, every run's own width faint beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from studies.comparison.model import WidthRow
from studies.comparison.words import amount
from studies.figures.arm_dots import ROOM, ROW
from studies.figures.arm_marks import Mark, faded, marks
from studies.figures.theme import LIGHT, Palette, axis, empty, frame

BESIDE = 0.26  # of a row, by which the runs lie below the mean


@dataclass(frozen=True, slots=True)
class WidthsInfo:
    """Rows from top to bottom along one axis under one loss."""

    rows: tuple[tuple[Mark, WidthRow], ...]
    empty: str


def widths_info(rows: Sequence[WidthRow]) -> WidthsInfo:
    """The rows of one axis and loss."""
    drawn = marks([(row.arm, row.title, row.how) for row in rows])
    known = any(row.result.n for row in rows)
    nothing = "No run is measured at every width yet." if rows else "The contexts form no axis of widths."
    return WidthsInfo(tuple(zip(drawn, rows, strict=True)), "" if known else nothing)


def widths_figure(info: WidthsInfo, palette: Palette = LIGHT) -> go.Figure:
    """Means with 95 % intervals; a triangle where a run did not reach the target at the widest."""
    if info.empty:
        return empty(palette, info.empty)
    figure = frame(palette, height=ROOM + ROW * len(info.rows))
    for i, (mark, row) in enumerate(info.rows):
        result, colour = row.result, mark.colour(palette)
        known = [width for width in row.smallest if width is not None]
        faint = {"size": 6, "color": faded(colour, 0.35), "symbol": "circle"}
        shared = {"mode": "markers", "showlegend": False}
        figure.add_scatter(x=known, y=[i + BESIDE] * len(known), marker=faint, hoverinfo="x", **shared)
        marker = mark.marker(palette, 10)
        if result.at_least:
            marker["symbol"] = "triangle-right"
        high = 0.0 if result.high is None or result.mean is None else result.high - result.mean
        low = 0.0 if result.low is None or result.mean is None else result.mean - result.low
        bars = {"type": "data", "symmetric": False, "array": [high], "arrayminus": [low], "color": colour, "width": 5}
        figure.add_scatter(
            x=[result.mean],
            y=[i],
            marker=marker,
            error_x=bars,
            hoverinfo="text",
            hovertext=[_said(mark, row)],
            **shared,
        )
    names = [mark.lines for mark, _ in info.rows]
    ticks = {"tickvals": list(range(len(names))), "ticktext": names, "range": [len(names) - 0.4, -0.6]}
    figure.update_layout(
        xaxis=axis(palette, "smallest width"),
        yaxis=axis(palette, "", showgrid=False, **ticks),
    )
    return figure


def _said(mark: Mark, row: WidthRow) -> str:
    result = row.result
    bound = "at least " if result.at_least else ""
    return f"<b>{mark.text}</b><br>{bound}{amount(result.mean, result.objective)}, {result.n} runs"
