"""Drift: each sweep's optimum with its intervals, beside the claim's point and neighbourhood."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from studies.figures.numbers import NONE
from studies.figures.parameters import Shown, point_text, shown
from studies.figures.scales import Ticks
from studies.figures.statements import statement_lines
from studies.figures.theme import LIGHT, Palette, axis, empty, frame
from studies.language.claim import Claim
from studies.language.loss_names import label
from studies.language.parameters import Axes
from studies.language.space import Space
from studies.verdict.answers import Answer
from studies.verdict.model import Interval, SweepVerdict

ROW_HEIGHT = 40


@dataclass(frozen=True, slots=True)
class DriftRow:
    """One sweep's optimum; alpha is given as u = -ln(1 - alpha) for drawing."""

    lines: tuple[str, ...]  # of its label: the loss, and below it the context where there are several
    outcome: str
    eta: Interval
    alpha: Interval
    y: Interval  # eta as it is drawn
    u: Interval
    distance: str = ""  # from the claim, in a few words; "" where the analysis does not say
    open_sides: tuple[str, ...] = ()  # of the box, where the region reaches it: "eta low", "alpha high", ...
    together: str = ""  # a sentence where the intervals cover the claim one by one, and the region does not

    @property
    def name(self) -> str:
        """The label as plotly writes it."""
        return "<br>".join(self.lines)


@dataclass(frozen=True, slots=True)
class DriftInfo:
    """Rows from top to bottom, the claim's point and its neighbourhood in both coordinates."""

    rows: tuple[DriftRow, ...]
    axes: Axes
    eta_claim: tuple[float, float, float]  # low, claim, high
    u_claim: tuple[float, float, float]
    eta_ticks: Ticks
    u_ticks: Ticks
    eta_range: tuple[float, float]
    u_range: tuple[float, float]
    empty: str


def drift_info(
    verdicts: Sequence[SweepVerdict], claim: Claim, space: Space, contexts: Mapping[str, str] | None = None
) -> DriftInfo:
    """Optima of all sweeps that have one.

    Args:
        verdicts: of the study's sweeps.
        claim: of the study.
        space: that holds the boxes of all sweeps.
        contexts: names that people read, by the contexts' own (`shown_contexts`); None: they are the same.
    """
    several = len({v.context for v in verdicts}) > 1
    rows = tuple(
        DriftRow(
            _lines(v, contexts or {}, several=several),
            v.outcome.value,
            v.eta,
            v.alpha,
            *_drawn(claim.axes, v.eta, v.alpha),
            *_there(v, claim),
            together=_together(v, claim),
        )
        for v in _by_loss(verdicts)
        if v.eta.estimate is not None and v.alpha.estimate is not None
    )
    axes, (half, width) = claim.axes, claim.half_widths
    first, second = shown(axes)
    v, u = (float(axis) for axis in axes.coordinates(claim.first, claim.second))
    low, high = (first.drawn(float(axes.first.value(at))) for at in (v - half, v + half))
    least = max(u - width, 0.0) if axes.second.scale == "log_one_minus" else u - width
    return DriftInfo(
        rows=rows,
        axes=axes,
        eta_claim=(low, first.drawn(claim.first), high),
        u_claim=(least, u, u + width),
        eta_ticks=first.vertical_ticks(*space.ends[0], few=True),
        u_ticks=second.ticks(*space.ends[1], few=True),
        eta_range=(first.drawn(space.ends[0][0]), first.drawn(space.ends[0][1])),
        u_range=space.u_bounds,
        empty="" if rows else "No optimum has been located yet.",
    )


def drift_figure(info: DriftInfo, palette: Palette = LIGHT) -> go.Figure:
    """Intervals for eta and alpha side by side, one row per sweep."""
    height = 160 + ROW_HEIGHT * max(len(info.rows), 2)
    if info.empty:
        return empty(palette, info.empty)
    figure = frame(palette, height=height)
    names = [row.name for row in info.rows]
    band = {"fillcolor": palette.claim_fill, "line": {"width": 0}}
    for suffix, claim in (("", info.eta_claim), ("2", info.u_claim)):
        shared = {"type": "rect", "yref": f"y{suffix} domain", "y0": 0, "y1": 1, "xref": f"x{suffix}", "layer": "below"}
        figure.add_shape(x0=claim[0], x1=claim[2], **shared, **band)
        figure.add_shape(
            **{**shared, "type": "line"}, x0=claim[1], x1=claim[1], line={"color": palette.claim, "width": 2}
        )
    figure.add_trace(_intervals(names, [r.y for r in info.rows], info, palette, suffix=""))
    figure.add_trace(_intervals(names, [r.u for r in info.rows], info, palette, suffix="2"))
    y = axis(palette, "", range=[len(info.rows) - 0.45, -0.55], showgrid=False, tickfont={"color": palette.ink})
    first, second = shown(info.axes)
    ticks = {"tickvals": list(info.eta_ticks.at), "ticktext": list(info.eta_ticks.text)}
    ticks2 = {"tickvals": list(info.u_ticks.at), "ticktext": list(info.u_ticks.text)}
    figure.update_layout(
        xaxis=axis(palette, first.title, domain=[0.0, 0.48], **_scale(first, info.eta_range), **ticks),
        xaxis2=axis(palette, second.title, range=list(info.u_range), domain=[0.54, 1.0], anchor="y2", **ticks2),
        yaxis=y,
        yaxis2={**y, "anchor": "x2", "showticklabels": False},
        showlegend=False,
        margin={"t": 20},
    )
    return figure


def _intervals(
    names: list[str], found: list[Interval], info: DriftInfo, palette: Palette, *, suffix: str
) -> go.Scatter:
    return go.Scatter(
        x=[i.estimate for i in found],
        y=names,
        xaxis=f"x{suffix}",
        yaxis=f"y{suffix}",
        mode="markers",
        marker={"size": 10, "color": palette.best, "symbol": "diamond"},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [_reach(i.high, i.estimate) for i in found],
            "arrayminus": [_reach(i.estimate, i.low) for i in found],
            "color": palette.best,
            "thickness": 2,
            "width": 6,
        },
        hovertext=[
            f"<b>{', '.join(r.lines)}</b>: {r.outcome}<br>{point_text(info.axes, r.eta.estimate, r.alpha.estimate)}"
            for r in info.rows
        ],
        hoverinfo="text",
    )


def _by_loss(verdicts: Sequence[SweepVerdict]) -> list[SweepVerdict]:
    """Contexts of one loss below each other, so that a move from one to the next is seen."""
    losses = list(dict.fromkeys(v.loss for v in verdicts))
    return sorted(verdicts, key=lambda v: losses.index(v.loss))


def _lines(verdict: SweepVerdict, contexts: Mapping[str, str], *, several: bool) -> tuple[str, ...]:
    context = contexts.get(verdict.context, verdict.context)
    return (label(verdict.loss), context) if several else (label(verdict.loss),)


def _there(verdict: SweepVerdict, claim: Claim) -> tuple[str, tuple[str, ...]]:
    """How far the optimum is from the claim, and the sides of the box that its region reaches."""
    if verdict.answers is None:
        return "", ()
    line = next(line for line in statement_lines(verdict, claim) if line.key == "there")
    return line.number if line.number != NONE else "", verdict.answers.statements.there.open_sides


def _together(verdict: SweepVerdict, claim: Claim) -> str:
    """Why a claim is not at the optimum although each interval covers it: the region is oblique, as on a ridge."""
    if verdict.answers is None or verdict.answers.statements.there.answer is not Answer.NO:
        return ""
    both = ((verdict.eta, claim.first), (verdict.alpha, claim.second))
    if not all(i.low is not None and i.high is not None and i.low <= at <= i.high for i, at in both):
        return ""
    names = " and ".join(one.symbol for one in shown(claim.axes))
    return (
        f"Each range alone covers the claim, the two together do not: the best {names} hang on each other, "
        "as the landscape shows, and no pair near the claim is among them."
    )


def _reach(high: float | None, low: float | None) -> float:
    return 0.0 if high is None or low is None else max(high - low, 0.0)


def _parts(interval: Interval) -> tuple[float | None, float | None, float | None]:
    return interval.estimate, interval.low, interval.high


def _drawn(axes: Axes, first: Interval, second: Interval) -> tuple[Interval, Interval]:
    """The two intervals as they are drawn: the first as on a vertical axis, the second by its coordinate."""
    vertical, horizontal = shown(axes)
    drawn = (None if value is None else vertical.drawn(value) for value in _parts(first))
    return Interval(*drawn), Interval(*(_coordinate(horizontal, value) for value in _parts(second)))


def _coordinate(shown_one: Shown, value: float | None) -> float | None:
    if value is None:
        return None
    one_minus = shown_one.parameter.scale == "log_one_minus"
    return float(shown_one.parameter.coordinate(min(value, 1 - 1e-12) if one_minus else value))


def _scale(shown_one: Shown, ends: tuple[float, float]) -> dict[str, Any]:
    if shown_one.is_logarithmic:
        return {"type": "log", "range": [math.log10(end) for end in ends]}
    return {"range": list(ends)}
