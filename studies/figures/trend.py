"""A trend: the optimum along an axis of contexts, one pane per quantity, on logarithms of both."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from studies.figures.numbers import number
from studies.figures.parameters import log_ticks
from studies.figures.scales import Ticks
from studies.figures.theme import LIGHT, Palette, axis, empty, frame
from studies.language.loss_names import label
from studies.language.parameters import Axes
from studies.verdict.model import Interval, Trend, TrendLine
from studies.verdict.wording_numbers import trimmed
from studies.verdict.wording_trend import symbol

PANE, GAP = 210, 0.08  # height of a pane in px; share of the height between two
LEAST_SPAN = 5.0  # a pane's range holds at least this factor, so that a flat line looks flat
SYMBOLS = ("diamond", "circle", "square", "triangle-up", "cross")
DASHES = ("dash", "dot", "dashdot")
APART = 1.035  # factor between the points of two losses at one value


@dataclass(frozen=True, slots=True)
class Series:
    """One loss in one pane: its optima with intervals, its line, and the lines of the laws through its middle."""

    loss: str
    values: tuple[float, ...]
    optima: tuple[Interval, ...]
    line: tuple[float, ...]  # at the ends of the axis; empty without a slope
    laws: tuple[tuple[str, tuple[float, ...]], ...]


@dataclass(frozen=True, slots=True)
class Pane:
    """One quantity: its title, range and ticks, and its losses."""

    title: str
    ticks: Ticks
    range: tuple[float, float]
    series: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class TrendInfo:
    """Panes from top to bottom, the axis with its values, and the sentences that say the same."""

    field: str
    values: tuple[float, ...]  # of all contexts that have an optimum, in order
    panes: tuple[Pane, ...]
    sentences: tuple[str, ...]
    empty: str


def trend_info(trends: Sequence[Trend], axes: Axes, name: str | None = None) -> TrendInfo:
    """The trends of all losses along one axis.

    Args:
        trends: of a study.
        axes: its two parameters.
        name: of the axis; None: the first.
    """
    name = name or (trends[0].axis if trends else None)
    chosen = [trend for trend in trends if trend.axis == name]
    if not chosen:
        return TrendInfo("", (), (), (), "This study has no axis, or no verdict yet.")
    values = tuple(sorted({value for trend in chosen for value in trend.values}))
    panes = tuple(_panes(chosen, axes, values)) if values else ()
    said = tuple(trend.sentence for trend in chosen)
    return TrendInfo(chosen[0].field, values, panes, said, "" if panes else "No optimum has been located yet.")


def axis_of(trends: Sequence[Trend], context: str | None) -> str | None:
    """The name of the axis that a context is on; None where it is on none."""
    return next((trend.axis for trend in trends if context in (*trend.contexts, *trend.left_out)), None)


def trend_figure(info: TrendInfo, palette: Palette = LIGHT) -> go.Figure:
    """Optima with 95 % intervals against the axis, the fitted power, and dashed the powers that theories name."""
    if info.empty:
        return empty(palette, info.empty)
    count = len(info.panes)
    figure = frame(palette, height=130 + PANE * count)
    for i, pane in enumerate(info.panes):
        for k, series in enumerate(pane.series):
            _draw(figure, series, info, palette, suffix="" if i == 0 else str(i + 1), order=k, first=i == 0)
        figure.update_layout({f"yaxis{'' if i == 0 else i + 1}": _vertical(pane, palette, i, count)})
    ends = (info.values[0], info.values[-1])
    ticks = {"tickvals": list(info.values), "ticktext": [trimmed(value) for value in info.values]}
    span = [math.log10(ends[0] / 1.25), math.log10(ends[1] * 1.25)]
    last = f"y{'' if count == 1 else count}"
    figure.update_layout(xaxis=axis(palette, info.field, type="log", range=span, anchor=last, **ticks))
    return figure


def _vertical(pane: Pane, palette: Palette, index: int, count: int) -> dict[str, Any]:
    height = (1.0 - GAP * (count - 1)) / count
    top = 1.0 - index * (height + GAP)
    ticks = {"tickvals": list(pane.ticks.at), "ticktext": list(pane.ticks.text)}
    span = [math.log10(end) for end in pane.range]
    return axis(palette, pane.title, type="log", range=span, domain=[max(top - height, 0.0), top], anchor="x", **ticks)


def _draw(
    figure: go.Figure, series: Series, info: TrendInfo, palette: Palette, *, suffix: str, order: int, first: bool
) -> None:
    colours = (palette.best, palette.rival, palette.untrained, palette.diverged, palette.muted)
    colour, aside = colours[order % len(colours)], APART**order
    shared = {"xaxis": "x", "yaxis": f"y{suffix}", "legendgroup": series.loss}
    ends = [info.values[0], info.values[-1]]
    if series.line:
        figure.add_trace(
            go.Scatter(
                x=ends,
                y=list(series.line),
                mode="lines",
                line={"color": colour, "width": 2},
                showlegend=False,
                hoverinfo="skip",
                **shared,
            )
        )
    for (name, line), dash in zip(series.laws, DASHES, strict=False):
        drawn = {"color": colour, "width": 1.5, "dash": dash}
        figure.add_trace(
            go.Scatter(
                x=ends,
                y=list(line),
                mode="lines",
                line=drawn,
                name=f"{name}, {label(series.loss)}",
                showlegend=False,
                hovertemplate=f"{name}<extra></extra>",
                **shared,
            )
        )
    figure.add_trace(
        go.Scatter(
            x=[value * aside for value in series.values],
            y=[optimum.estimate for optimum in series.optima],
            mode="markers",
            name=label(series.loss),
            showlegend=first,
            marker={"size": 9, "color": colour, "symbol": SYMBOLS[order % len(SYMBOLS)]},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [(i.high or 0.0) - (i.estimate or 0.0) for i in series.optima],
                "arrayminus": [(i.estimate or 0.0) - (i.low or 0.0) for i in series.optima],
                "color": colour,
                "thickness": 2,
                "width": 5,
            },
            hovertext=[_hover(series, info.field, *each) for each in zip(series.values, series.optima, strict=True)],
            hoverinfo="text",
            **shared,
        )
    )


def _hover(series: Series, field: str, value: float, optimum: Interval) -> str:
    span = f"{number(optimum.estimate)} ({number(optimum.low)} to {number(optimum.high)})"
    return f"<b>{label(series.loss)}</b><br>{field} {trimmed(value)}: {span}"


def _panes(trends: Sequence[Trend], axes: Axes, values: Sequence[float]) -> Iterator[Pane]:
    for i, line in enumerate(trends[0].lines):
        series = tuple(_series(trend, trend.lines[i], values) for trend in trends if trend.values)
        ends = [end for each in series for optimum in each.optima for end in (optimum.low, optimum.high) if end]
        low, high = _range(min(ends), max(ends))
        yield Pane(symbol(line.quantity, axes), log_ticks(low, high, few=False), (low, high), series)


def _series(trend: Trend, line: TrendLine, values: Sequence[float]) -> Series:
    ends = (values[0], values[-1])
    laws = tuple((law.name, _power(line, law.slope, ends)) for law in line.laws)
    fitted = () if line.slope.estimate is None else _power(line, line.slope.estimate, ends)
    return Series(trend.loss, trend.values, line.optima, fitted, laws)


def _power(line: TrendLine, slope: float, ends: Sequence[float]) -> tuple[float, ...]:
    """A power law through the middle of the fitted line."""
    assert line.level is not None and line.middle is not None
    return tuple(line.level * (end / line.middle) ** slope for end in ends)


def _range(low: float, high: float) -> tuple[float, float]:
    """The range of a pane: what it holds with some room, and not less than a factor of five."""
    room = max(math.sqrt(LEAST_SPAN / (high / low)), 1.15)
    return low / room, high * room
