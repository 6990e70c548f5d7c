"""The picture of a learning-rate range test: information against the learning rate, the bounds beside it.

As a plotly figure for a page of its own, and as SVG without plotly, for a document.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import plotly.graph_objects as go
import plotly.io
from markupsafe import escape

from studies.figures.plain_svg import line, text
from studies.figures.theme import FONT, LIGHT, Palette, axis, empty, frame
from studies.learning.rate_range import NAME, STEPS, RateRange

HEIGHT = 420
WIDTH, TALL = 640.0, 360.0  # of the SVG file
LEFT, RIGHT, TOP, BOTTOM = 64.0, 16.0, 64.0, 52.0
NOTHING = "No learning rate was measured."


@dataclass(frozen=True, slots=True)
class RateRangeInfo:
    """What the picture shows.

    Attributes:
        title: what was trained.
        summary: the bounds in a sentence, with the word "reconstruction".
        points: (eta, share of the labels' entropy), rising in eta.
        start: the share before the first step.
        lo, hi: the bounds, None where there is none.
        diverged: the learning rate at which the training diverged.
        empty: why there is nothing to draw; "" where there is.
    """

    title: str
    summary: str
    points: tuple[tuple[float, float], ...]
    start: float
    lo: float | None
    hi: float | None
    diverged: float | None
    empty: str


def rate_range_info(found: RateRange, title: str) -> RateRangeInfo:
    """A range test as it is drawn.

    Args:
        found: the test.
        title: what was trained, such as "quickstart, context digits, golden loss".
    """
    scale = found.entropy or 1.0
    known = tuple((s.eta, s.information / scale) for s in found.stages if s.information is not None)
    diverged = next((stage.eta for stage in found.stages if stage.information is None), None)
    start = found.start / scale
    return RateRangeInfo(title, found.summary, known, start, found.lo, found.hi, diverged, "" if known else NOTHING)


def rate_range_figure(info: RateRangeInfo, palette: Palette = LIGHT) -> go.Figure:
    """The test as a plotly figure."""
    if info.empty:
        return empty(palette, info.empty)
    figure = frame(palette, height=HEIGHT)
    etas, shares = zip(*info.points, strict=True)
    figure.add_trace(
        go.Scatter(
            x=etas,
            y=shares,
            mode="lines+markers",
            name=f"after {STEPS} steps at each rate",
            line={"color": palette.best, "width": 2.4},
            hovertemplate="η %{x:.3g}<br>%{y:.1%} of H(label)<extra></extra>",
        )
    )
    figure.add_trace(
        _across((etas[0], etas[-1]), (info.start, info.start), "before the first step", palette.muted, "dot")
    )
    for label, at, colour in _marks(info, palette):
        figure.add_trace(_across((at, at), (0.0, 1.0), f"{label} {at:.3g}", colour, "dash"))
    figure.update_layout(
        title={"text": f"{escape(info.title)}<br><sub>{escape(info.summary)}</sub>", "x": 0.0, "font": {"size": 15}},
        margin={"t": 110},
        xaxis=axis(palette, "learning rate η", type="log", exponentformat="power"),
        yaxis=axis(palette, "information, share of H(label)", tickformat=".0%", range=[0, 1.02]),
    )
    return figure


def _across(x: tuple[float, float], y: tuple[float, float], name: str, colour: str, dash: str) -> go.Scatter:
    return go.Scatter(x=x, y=y, mode="lines", name=name, line={"color": colour, "dash": dash}, hoverinfo="name")


def rate_range_page(info: RateRangeInfo) -> str:
    """The figure as one HTML file that needs nothing else."""
    page: str = plotly.io.to_html(rate_range_figure(info), include_plotlyjs=True, full_html=True)
    return page.replace("<head>", f"<head><title>{escape(info.title)}: {escape(NAME)}</title>", 1)


def rate_range_image(info: RateRangeInfo, palette: Palette = LIGHT) -> str:
    """The figure as one SVG file."""
    said = escape(f"{info.title}. {info.summary}")
    parts = "".join(_drawn(info, palette)) if not info.empty else text(WIDTH / 2, TALL / 2, info.empty, palette.muted)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {TALL:g}" role="img" '
        f'font-family="{escape(FONT)}" font-size="12"><title>{said}</title>'
        f'<rect width="{WIDTH:g}" height="{TALL:g}" fill="{palette.surface}"/>{parts}</svg>\n'
    )


def _marks(info: RateRangeInfo, palette: Palette) -> Iterator[tuple[str, float, str]]:
    """Label, learning rate and colour of each line across."""
    named = (
        ("lo", info.lo, palette.claim),
        ("hi", info.hi, palette.rival),
        ("diverged", info.diverged, palette.diverged),
    )
    return ((label, at, colour) for label, at, colour in named if at is not None)


def _drawn(info: RateRangeInfo, palette: Palette) -> Iterator[str]:
    """Titles, axes, lines across and the curve."""
    yield text(LEFT, 20, info.title, palette.ink, anchor="start", size=14)
    yield text(LEFT, 38, info.summary, palette.muted, anchor="start", size=11)
    ends = [eta for eta, _ in info.points] + [at for _, at, _ in _marks(info, palette)]
    first, last = math.floor(math.log10(min(ends))), math.ceil(math.log10(max(ends)))
    span = max(1, last - first)

    def x(eta: float) -> float:
        return LEFT + (math.log10(eta) - first) / span * (WIDTH - LEFT - RIGHT)

    def y(share: float) -> float:
        return TALL - BOTTOM - share * (TALL - TOP - BOTTOM)

    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        yield line(LEFT, y(share), WIDTH - RIGHT, y(share), palette.grid)
        yield text(LEFT - 8, y(share) + 4, f"{share:.0%}", palette.muted, anchor="end")
    for power in range(first, first + span + 1):
        yield text(x(10.0**power), TALL - BOTTOM + 18, f"{10.0**power:g}", palette.muted)
    yield text((LEFT + WIDTH - RIGHT) / 2, TALL - 12, "learning rate η", palette.muted)
    yield text(LEFT, TOP - 8, "information, share of H(label)", palette.muted, anchor="start")
    yield line(LEFT, y(info.start), WIDTH - RIGHT, y(info.start), palette.muted, dash="2 3")
    for row, (label, at, colour) in enumerate(_marks(info, palette)):
        yield line(x(at), y(0.0), x(at), y(1.0), colour, dash="6 4")
        yield text(x(at) + 4, y(0.0) - 6 - 14 * row, label, colour, anchor="start")
    path = " ".join(f"{x(eta):.1f},{y(share):.1f}" for eta, share in info.points)
    yield f'<polyline points="{path}" fill="none" stroke="{palette.best}" stroke-width="2"/>'
    for eta, share in info.points:
        yield f'<circle cx="{x(eta):.1f}" cy="{y(share):.1f}" r="3" fill="{palette.best}"/>'
