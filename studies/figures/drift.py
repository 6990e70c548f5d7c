"""Drift: each sweep's optimum with its intervals, beside the claim's point and neighbourhood."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from studies.figures.numbers import momentum, number
from studies.figures.scales import Ticks, alpha_ticks, eta_ticks
from studies.figures.theme import LIGHT, Palette, axis, empty, frame
from studies.language.claim import Claim
from studies.language.loss_names import label
from studies.language.space import Space
from studies.verdict.model import Interval, SweepVerdict

ROW_HEIGHT = 40


@dataclass(frozen=True, slots=True)
class DriftRow:
    """One sweep's optimum; alpha is given as u = -ln(1 - alpha) for drawing."""

    lines: tuple[str, ...]  # of its label: the loss, and below it the context where there are several
    outcome: str
    eta: Interval
    alpha: Interval
    u: Interval

    @property
    def name(self) -> str:
        """The label as plotly writes it."""
        return "<br>".join(self.lines)


@dataclass(frozen=True, slots=True)
class DriftInfo:
    """Rows from top to bottom, the claim's point and its neighbourhood in both coordinates."""

    rows: tuple[DriftRow, ...]
    eta_claim: tuple[float, float, float]  # low, claim, high
    u_claim: tuple[float, float, float]
    eta_ticks: Ticks
    u_ticks: Ticks
    eta_range: tuple[float, float]
    u_range: tuple[float, float]
    empty: str


def drift_info(verdicts: Sequence[SweepVerdict], claim: Claim, space: Space) -> DriftInfo:
    """Optima of all sweeps that have one."""
    several = len({v.context for v in verdicts}) > 1
    rows = tuple(
        DriftRow(
            _lines(v, several=several), v.outcome.value, v.eta, v.alpha, Interval(*(_u(x) for x in _parts(v.alpha)))
        )
        for v in _by_loss(verdicts)
        if v.eta.estimate is not None and v.alpha.estimate is not None
    )
    factor, u = claim.tolerance_factor, -math.log1p(-claim.second)
    return DriftInfo(
        rows=rows,
        eta_claim=(claim.first / factor, claim.first, claim.first * factor),
        u_claim=(max(u - math.log(factor), 0.0), u, u + math.log(factor)),
        eta_ticks=eta_ticks(*space.ends[0], few=True),
        u_ticks=alpha_ticks(*space.ends[1], few=True),
        eta_range=space.ends[0],
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
    figure.add_trace(_intervals(names, [r.eta for r in info.rows], info, palette, suffix=""))
    figure.add_trace(_intervals(names, [r.u for r in info.rows], info, palette, suffix="2"))
    y = axis(palette, "", range=[len(info.rows) - 0.45, -0.55], showgrid=False, tickfont={"color": palette.ink})
    ticks = {"tickvals": list(info.eta_ticks.at), "ticktext": list(info.eta_ticks.text)}
    ticks2 = {"tickvals": list(info.u_ticks.at), "ticktext": list(info.u_ticks.text)}
    figure.update_layout(
        xaxis=axis(
            palette,
            "learning rate η",
            type="log",
            range=[math.log10(e) for e in info.eta_range],
            domain=[0.0, 0.48],
            **ticks,
        ),
        xaxis2=axis(palette, "momentum weight α", range=list(info.u_range), domain=[0.54, 1.0], anchor="y2", **ticks2),
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
            f"<b>{', '.join(r.lines)}</b>: {r.outcome}<br>η {number(r.eta.estimate)}, α {momentum(r.alpha.estimate)}"
            for r in info.rows
        ],
        hoverinfo="text",
    )


def _by_loss(verdicts: Sequence[SweepVerdict]) -> list[SweepVerdict]:
    """Contexts of one loss below each other, so that a move from one to the next is seen."""
    losses = list(dict.fromkeys(v.loss for v in verdicts))
    return sorted(verdicts, key=lambda v: losses.index(v.loss))


def _lines(verdict: SweepVerdict, *, several: bool) -> tuple[str, ...]:
    return (label(verdict.loss), verdict.context) if several else (label(verdict.loss),)


def _reach(high: float | None, low: float | None) -> float:
    return 0.0 if high is None or low is None else max(high - low, 0.0)


def _parts(interval: Interval) -> tuple[float | None, float | None, float | None]:
    return interval.estimate, interval.low, interval.high


def _u(alpha: float | None) -> float | None:
    return None if alpha is None else -math.log1p(-min(alpha, 1 - 1e-12))
