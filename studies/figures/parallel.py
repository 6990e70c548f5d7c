"""Parallel coordinates: a line per trial from its parameters to its value, the better ones drawn on top.

Drawn as scatter lines: plotly's own trace of this kind builds code at run time, which the pages' policy forbids.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from textwrap import wrap

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from studies.figures.figure_table import FigureTable
from studies.figures.parameters import rate_symbol, shown
from studies.figures.plane import coordinates, rate_bounds
from studies.figures.rank import RankInfo, rank_info, rank_table
from studies.figures.scales import Ticks, eta_ticks, even_step, good_span, shade_ticks
from studies.figures.theme import LIGHT, Palette, empty, frame
from studies.figures.trial_values import TrialValues
from studies.language.claim import Claim
from studies.language.objective_names import Judged, objective_label
from studies.language.space import Space
from studies.records import Runs

FloatArray = NDArray[np.float64]
HEIGHT = 420
WORST_SHOWN = 0.1  # quantile of the values at which their axis starts
FAILED_AT = -0.09  # where lines of trials without a value end
TITLE_WIDTH = 9  # characters a line
MOST_LINES = 250  # of a group; more would only be a grey mass
GROUPS = (("worse half", 0.5), ("better half", 0.75), ("best quarter", 0.9), ("best tenth", 1.0))  # up to these shares


@dataclass(frozen=True, slots=True)
class Upright:
    """One vertical axis; positions run from 0 at the bottom to 1."""

    title: str
    ticks: Ticks


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Trials that are drawn alike: their numbers, and a row of positions each."""

    name: str
    trials: NDArray[np.int64]
    lines: FloatArray  # shape (n, axes)


@dataclass(frozen=True, slots=True, eq=False)
class ParallelInfo:
    """Axes from left to right, groups from the one at the back, the claim's line last."""

    axes: tuple[Upright, ...]
    groups: tuple[Group, ...]
    claim: tuple[float | None, ...]
    ranks: RankInfo
    hidden: int
    empty: str


def parallel_info(
    runs: Runs, claim: Claim, space: Space, *, objective: Judged, outcome: NDArray[np.str_] | None = None
) -> ParallelInfo:
    """Lines of one sweep's trials; arguments as of `rank_info`."""
    ranks = rank_info(runs, claim, space, objective=objective, outcome=outcome)
    ranked, failed = ranks.ranked, ranks.failed
    low, high = _span(ranked.shade)
    uprights = [*_parameters(claim, space), Upright(objective_label(objective), _scaled(low, high, objective))]
    good = np.clip(_placed(ranked.shade, low, high), 0.0, 1.0)
    lines = np.column_stack([*_at(claim, space, ranked.eta, ranked.alpha), good])
    lost = np.column_stack([*_at(claim, space, failed.eta, failed.alpha), np.full(len(failed), FAILED_AT)])
    groups, start = [], 0.0
    share = ranks.better_than
    for name, end in GROUPS:
        mask = (share >= start) & ((share < end) | (end == 1.0))
        groups.append(Group(name, ranked.number[mask], lines[mask]))
        start = end
    if len(failed):
        groups.insert(0, Group("no value", failed.number, lost))
    kept = [_thinned(group) for group in groups if len(group.trials)]
    return ParallelInfo(
        axes=tuple(uprights),
        groups=tuple(kept),
        claim=_claimed(claim, space, ranked, (low, high)),
        ranks=ranks,
        hidden=len(ranked) + len(failed) - sum(len(group.trials) for group in kept),
        empty=ranks.empty,
    )


def parallel_figure(info: ParallelInfo, palette: Palette = LIGHT) -> go.Figure:
    """All lines between upright axes."""
    if info.empty:
        return empty(palette, info.empty)
    figure = frame(palette, height=HEIGHT)
    colours = {
        "no value": (palette.diverged, 0.8, 0.45),
        "worse half": (palette.muted, 0.7, 0.25),
        "better half": (palette.scale[2], 0.9, 0.7),
        "best quarter": (palette.scale[3], 1.1, 0.8),
        "best tenth": (palette.best, 1.8, 1.0),
    }
    for group in info.groups:
        colour, width, opacity = colours[group.name]
        dash = "dot" if group.name == "no value" else "solid"
        figure.add_trace(_lines(group, {"color": colour, "width": width, "dash": dash}, opacity))
    figure.add_trace(
        go.Scatter(
            x=list(range(len(info.axes))),
            y=info.claim,
            mode="lines+markers",
            name="claim",
            line={"color": palette.claim, "width": 3},
            marker={"size": 8, "color": palette.claim, "line": {"width": 1, "color": palette.claim_edge}},
            hoverinfo="skip",
        )
    )
    for i, upright in enumerate(info.axes):
        _draw_axis(figure, i, upright, palette)
    low = FAILED_AT - 0.05 if any(group.name == "no value" for group in info.groups) else -0.04
    last = len(info.axes) - 1
    figure.update_layout(
        xaxis={
            "range": [-0.25, last + 0.42],
            "tickvals": list(range(len(info.axes))),
            "ticktext": ["<br>".join(wrap(upright.title, TITLE_WIDTH)) for upright in info.axes],
            "tickangle": 0,
            "tickfont": {"size": 13, "color": palette.ink},
            "showgrid": False,
            "zeroline": False,
            "automargin": True,
        },
        yaxis={"range": [low, 1.04], "visible": False},
        margin={"l": 24, "r": 24, "b": 44},
    )
    return figure


def parallel_table(info: ParallelInfo) -> FigureTable:
    """The trials by rank."""
    return rank_table(info.ranks)


def _parameters(claim: Claim, space: Space) -> list[Upright]:
    """Axes of both parameters, and of the effective rate where there is one."""
    (first, second), ((low, high), (least, most)) = shown(claim.axes), space.ends
    found = [
        _upright(first.title, first.ticks(low, high, few=True), *space.v_bounds),
        _upright(second.title, second.ticks(least, most, few=True), *space.u_bounds),
    ]
    if claim.axes.ridge:
        start, end = rate_bounds(space)
        rates = eta_ticks(math.exp(start), math.exp(end), few=True)
        ticks = Ticks(tuple(math.log(rate) for rate in rates.at), rates.text)
        found.append(_upright(rate_symbol(claim.axes), ticks, start, end))
    return found


def _upright(title: str, ticks: Ticks, low: float, high: float) -> Upright:
    """An axis whose ticks, at coordinates, are moved to its positions."""
    places = _placed(np.array(ticks.at, dtype=np.float64), low, high)
    return Upright(title, Ticks(tuple(places.tolist()), ticks.text))


def _placed(at: FloatArray, low: float, high: float) -> FloatArray:
    """Coordinates as shares of the way between two ends; the middle where floats do not tell the ends apart."""
    return (at - low) / (high - low) if high > low else np.full(at.shape, 0.5)


def _at(claim: Claim, space: Space, first: FloatArray, second: FloatArray) -> list[FloatArray]:
    """Positions of points on the axes of `_parameters`."""
    found = coordinates(claim.axes, space, first, second)
    return [np.clip(_placed(at, low, high), 0.0, 1.0) for _, at, (low, high) in found]


def _span(shades: FloatArray) -> tuple[float, float]:
    low, high = good_span(shades, WORST_SHOWN)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _scaled(low: float, high: float, objective: Judged) -> Ticks:
    return _upright("", shade_ticks(low, high, objective), low, high).ticks


def _claimed(claim: Claim, space: Space, ranked: TrialValues, span: tuple[float, float]) -> tuple[float | None, ...]:
    """The claim's point, and the mean of its trials."""
    point = np.array([claim.first]), np.array([claim.second])
    own = ranked.shade[ranked.claim]
    height = float(np.clip(_placed(own.mean(), *span), 0.0, 1.0)) if len(own) else None
    return (*(float(at[0]) for at in _at(claim, space, *point)), height)


def _thinned(group: Group) -> Group:
    """Every so many lines of a group that has too many."""
    step = even_step(len(group.trials), MOST_LINES)
    return Group(group.name, group.trials[::step], group.lines[::step])


def _lines(group: Group, line: dict[str, object], opacity: float) -> go.Scatter:
    """All lines of a group as one trace, separated by gaps."""
    n, width = group.lines.shape
    gaps = np.full((n, 1), np.nan)
    heights = np.hstack([np.round(group.lines, 4), gaps]).ravel()
    return go.Scatter(
        x=[*range(width), None] * n,
        y=[None if math.isnan(y) else y for y in heights.tolist()],
        mode="lines",
        name=group.name,
        line=line,
        opacity=opacity,
        customdata=np.repeat(group.trials, width + 1).tolist(),
        hovertemplate="trial #%{customdata}<extra></extra>",
    )


def _draw_axis(figure: go.Figure, place: int, upright: Upright, palette: Palette) -> None:
    figure.add_shape(type="line", x0=place, x1=place, y0=0, y1=1, line={"color": palette.muted, "width": 1.4})
    for at, text in zip(upright.ticks.at, upright.ticks.text, strict=True):
        figure.add_annotation(
            x=place,
            y=at,
            text=text,
            showarrow=False,
            xanchor="left",
            xshift=5,
            font={"size": 11, "color": palette.ink},
            bgcolor=palette.surface,
            opacity=0.85,
            borderpad=1,
        )
