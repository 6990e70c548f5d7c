"""Colours and the frame that all figures share. Two palettes, both safe for colour-blind readers.

The measured data are blue, from pale to deep; gold is kept for the claim alone, so that it is found at a glance.
Marks differ in shape as well as in colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

import plotly.graph_objects as go

FONT = "ui-sans-serif, system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'Liberation Sans', sans-serif"


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one theme; `scale` runs from worst to best."""

    name: str
    ink: str
    muted: str
    grid: str
    surface: str
    claim: str
    claim_edge: str
    claim_fill: str
    best: str
    rival: str
    diverged: str
    untrained: str
    collapsed: str
    region_fill: str
    faint: str
    scale: tuple[str, ...]

    @property
    def colorscale(self) -> list[tuple[float, str]]:
        """The scale as plotly takes it, in even steps."""
        return [(i / (len(self.scale) - 1), colour) for i, colour in enumerate(self.scale)]


LIGHT = Palette(
    name="light",
    ink="#17202b",
    muted="#5a6775",
    grid="#e6eaef",
    surface="#ffffff",
    claim="#d99a00",
    claim_edge="#5c4100",
    claim_fill="rgba(217,154,0,0.13)",
    best="#0e6ba8",
    rival="#65299f",
    diverged="#a8371f",
    untrained="#256215",
    collapsed="#83254a",
    region_fill="rgba(14,107,168,0.10)",
    faint="rgba(90,103,117,0.28)",
    scale=("#eef2f6", "#cfdeeb", "#9fc2dd", "#629dc6", "#2f74a8", "#12497a", "#0a2747"),
)
DARK = Palette(
    name="dark",
    ink="#e6ebf1",
    muted="#9aa7b5",
    grid="#28323e",
    surface="#141b23",
    claim="#f2b632",
    claim_edge="#fff3d1",
    claim_fill="rgba(242,182,50,0.14)",
    best="#6cb8ee",
    rival="#a374d1",
    diverged="#f29a86",
    untrained="#97cf6b",
    collapsed="#e85694",
    region_fill="rgba(108,184,238,0.13)",
    faint="rgba(154,167,181,0.30)",
    scale=("#1d2732", "#20384d", "#235073", "#2f74a8", "#5aa0d0", "#9bcaea", "#e3f3ff"),
)


def frame(palette: Palette, *, height: int) -> go.Figure:
    """An empty figure in the house style."""
    figure = go.Figure()
    figure.update_layout(
        template="none",
        height=height,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT, "size": 13, "color": palette.ink},
        margin={"l": 64, "r": 16, "t": 56, "b": 56},
        legend={
            "orientation": "h",
            "yanchor": "bottom",
            "y": 1.02,
            "xanchor": "left",
            "x": 0,
            "font": {"size": 12, "color": palette.muted},
        },
        hoverlabel={
            "bgcolor": palette.surface,
            "bordercolor": palette.grid,
            "font": {"color": palette.ink, "size": 12, "family": FONT},
            "align": "left",
        },
        hovermode="closest",
        colorway=[palette.best, palette.claim, palette.rival, palette.diverged],
    )
    return figure


def axis(palette: Palette, title: str, **more: Any) -> dict[str, Any]:
    """One axis in the house style."""
    return {
        "title": {"text": title, "font": {"size": 13, "color": palette.muted}, "standoff": 10},
        "gridcolor": palette.grid,
        "linecolor": palette.muted,
        "tickcolor": palette.grid,
        "tickfont": {"color": palette.muted, "size": 12},
        "ticks": "outside",
        "ticklen": 4,
        "showline": True,
        "zeroline": False,
        "automargin": True,
        **more,
    }


def colour_bar(palette: Palette, title: str, at: Sequence[float], texts: Sequence[str]) -> dict[str, Any]:
    """The key of a colour scale, beside the figure."""
    return {
        "title": {"text": title, "side": "right", "font": {"color": palette.muted, "size": 12}},
        "tickvals": list(at),
        "ticktext": list(texts),
        "tickfont": {"color": palette.muted},
        "thickness": 10,
        "outlinewidth": 0,
        "len": 0.9,
    }


def claim_star(palette: Palette, size: float) -> dict[str, Any]:
    """The marker of the claim's point."""
    edge = {"width": 1.4, "color": palette.claim_edge}
    return {"symbol": "star", "size": size, "color": palette.claim, "line": edge}


EMPTY_HEIGHT = 170
EMPTY_WIDTH = 36  # characters a line: fits a telephone


def say_shown(figure: go.Figure, drawn: int, every: int) -> None:
    """A note in the corner of how many points are drawn, where they are a choice."""
    if drawn < every:
        text = f"{drawn:,} of {every:,} points shown"
        figure.add_annotation(text=text, x=1, y=1, xref="paper", yref="paper", showarrow=False, xanchor="right")


def empty(palette: Palette, text: str) -> go.Figure:
    """A figure that says why there is nothing to draw."""
    figure = frame(palette, height=EMPTY_HEIGHT)
    figure.update_layout(xaxis={"visible": False}, yaxis={"visible": False})
    figure.add_annotation(
        text="<br>".join(wrap(text, EMPTY_WIDTH)),
        x=0.5,
        y=0.5,
        xref="paper",
        yref="paper",
        showarrow=False,
        font={"color": palette.muted, "size": 14},
    )
    return figure
