"""A trend: the optimum along an axis of contexts, one pane per quantity, on logarithms of both."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from studies.figures.numbers import number
from studies.figures.scales import Ticks, even_step
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
MULTIPLES = ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 5.0, 7.0))  # of the powers of ten
FEWEST_TICKS, MOST_TICKS = 3, 6  # of a pane
MOST_VALUES = 10  # of the axis that have a tick
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
    lawful = [(i, k) for i, pane in enumerate(info.panes) for k, series in enumerate(pane.series) if series.laws]
    for i, pane in enumerate(info.panes):
        for k, series in enumerate(pane.series):
            drawn = _Drawn(series, info, colour=_colours(palette)[k % len(SYMBOLS)], order=k, pane=i)
            figure.add_traces([*drawn.lines(named=(i, k) in lawful[:1]), drawn.points()])
        figure.update_layout({f"yaxis{_suffix(i)}": _vertical(pane, palette, i, count)})
    ends = (info.values[0], info.values[-1])
    shown = info.values[:: even_step(len(info.values), MOST_VALUES)]
    ticks = {"tickvals": list(shown), "ticktext": [trimmed(value) for value in shown]}
    span = [math.log10(ends[0] / 1.25), math.log10(ends[1] * 1.25)]
    below = f"y{_suffix(count - 1)}"
    figure.update_layout(xaxis=axis(palette, info.field, type="log", range=span, anchor=below, **ticks))
    return figure


def _suffix(pane: int) -> str:
    return "" if pane == 0 else str(pane + 1)


def _colours(palette: Palette) -> tuple[str, ...]:
    return palette.best, palette.rival, palette.untrained, palette.diverged, palette.muted


def _vertical(pane: Pane, palette: Palette, index: int, count: int) -> dict[str, Any]:
    height = (1.0 - GAP * (count - 1)) / count
    top = 1.0 - index * (height + GAP)
    ticks = {"tickvals": list(pane.ticks.at), "ticktext": list(pane.ticks.text)}
    span = [math.log10(end) for end in pane.range]
    return axis(palette, pane.title, type="log", range=span, domain=[max(top - height, 0.0), top], anchor="x", **ticks)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """One loss in one pane as it is drawn."""

    series: Series
    info: TrendInfo
    colour: str
    order: int  # of the loss
    pane: int

    @property
    def shared(self) -> dict[str, Any]:
        """What all its traces have."""
        return {"xaxis": "x", "yaxis": f"y{_suffix(self.pane)}"}

    def lines(self, *, named: bool) -> Iterator[go.Scatter]:
        """The fitted power and the laws; `named`: the legend says which law is which."""
        ends = [self.info.values[0], self.info.values[-1]]
        common = {"x": ends, "mode": "lines", **self.shared}
        if self.series.line:
            drawn = {"color": self.colour, "width": 2}
            yield go.Scatter(y=list(self.series.line), line=drawn, showlegend=False, hoverinfo="skip", **common)
        for (name, line), dash in zip(self.series.laws, DASHES, strict=False):
            drawn = {"color": self.colour, "width": 1.5, "dash": dash}
            yield go.Scatter(
                y=list(line),
                line=drawn,
                name=name,
                legendgroup=name,
                showlegend=named,
                hovertemplate=f"{name}<extra></extra>",
                **common,
            )

    def points(self) -> go.Scatter:
        """The optima with their intervals, a little aside of those of other losses."""
        optima, name = self.series.optima, label(self.series.loss)
        return go.Scatter(
            x=[value * APART**self.order for value in self.series.values],
            y=[optimum.estimate for optimum in optima],
            mode="markers",
            name=name,
            legendgroup=name,
            showlegend=self.pane == 0,
            marker={"size": 9, "color": self.colour, "symbol": SYMBOLS[self.order % len(SYMBOLS)]},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [(i.high or 0.0) - (i.estimate or 0.0) for i in optima],
                "arrayminus": [(i.estimate or 0.0) - (i.low or 0.0) for i in optima],
                "color": self.colour,
                "thickness": 2,
                "width": 5,
            },
            hovertext=[
                _hover(self.series, self.info.field, *each) for each in zip(self.series.values, optima, strict=True)
            ],
            hoverinfo="text",
            **self.shared,
        )


def _hover(series: Series, field: str, value: float, optimum: Interval) -> str:
    span = f"{number(optimum.estimate)} ({number(optimum.low)} to {number(optimum.high)})"
    return f"<b>{label(series.loss)}</b><br>{field} {trimmed(value)}: {span}"


def _panes(trends: Sequence[Trend], axes: Axes, values: Sequence[float]) -> Iterator[Pane]:
    for i, line in enumerate(trends[0].lines):
        series = tuple(_series(trend, trend.lines[i], values) for trend in trends if trend.values)
        ends = [end for each in series for optimum in each.optima for end in (optimum.low, optimum.high) if end]
        low, high = _range(min(ends), max(ends))
        yield Pane(symbol(line.quantity, axes), _ticks(low, high), (low, high), series)


def _series(trend: Trend, line: TrendLine, values: Sequence[float]) -> Series:
    ends = (values[0], values[-1])
    laws = tuple((law.name, _power(line, law.slope, ends)) for law in line.laws)
    fitted = () if line.slope.estimate is None else _power(line, line.slope.estimate, ends)
    return Series(trend.loss, trend.values, line.optima, fitted, laws)


def _power(line: TrendLine, slope: float, ends: Sequence[float]) -> tuple[float, ...]:
    """A power law through the middle of the fitted line."""
    assert line.level is not None and line.middle is not None
    return tuple(line.level * (end / line.middle) ** slope for end in ends)


def _ticks(low: float, high: float) -> Ticks:
    """Round values between two others: the fewest kinds that give three."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found: list[float] = []
    for multiples in MULTIPLES:
        found = [m * 10.0**e for e in decades for m in multiples if low <= m * 10.0**e <= high]
        if len(found) >= FEWEST_TICKS:
            break
    step = even_step(len(found), MOST_TICKS)
    return Ticks(tuple(found[::step]), tuple(f"{value:g}" for value in found[::step]))


def _range(low: float, high: float) -> tuple[float, float]:
    """The range of a pane: what it holds with some room, and not less than a factor of five."""
    room = max(math.sqrt(LEAST_SPAN / (high / low)), 1.15)
    return low / room, high * room
