"""Slices of the fitted surface, drawn: both profiles side by side, each with its band."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import plotly.graph_objects as go

from studies.figures.arm_marks import faded
from studies.figures.slices import Profile, SlicesInfo
from studies.figures.theme import LIGHT, Palette, axis, empty, frame

HEIGHT = 340
BAND = 0.2  # opacity


def slices_figure(info: SlicesInfo, palette: Palette = LIGHT) -> go.Figure:
    """Both profiles side by side, on one scale."""
    if info.empty:
        return empty(palette, info.empty)
    figure = frame(palette, height=HEIGHT)
    for i, profile in enumerate(info.profiles):
        suffix = "" if i == 0 else str(i + 1)
        _add_profile(figure, profile, palette, axes=(f"x{suffix}", f"y{suffix}"), first=i == 0)
        ticks = {"tickangle": 0, "tickvals": list(profile.ticks.at), "ticktext": list(profile.ticks.text)}
        domain = [0.0, 0.47] if i == 0 else [0.53, 1.0]
        x = axis(palette, profile.title, domain=domain, anchor=f"y{suffix}", **ticks)
        y = axis(palette, f"below the best, {info.unit}" if i == 0 else "", anchor=f"x{suffix}")
        y.update({} if i == 0 else {"matches": "y", "showticklabels": False})
        figure.update_layout({f"xaxis{suffix}": x, f"yaxis{suffix}": y})
        if info.margin is not None:
            line = {"color": palette.muted, "width": 1, "dash": "dot"}
            figure.add_shape(
                type="line",
                xref=f"x{suffix} domain",
                x0=0,
                x1=1,
                yref=f"y{suffix}",
                y0=-info.margin,
                y1=-info.margin,
                line=line,
            )
    return figure


def _add_profile(figure: go.Figure, profile: Profile, palette: Palette, *, axes: tuple[str, str], first: bool) -> None:
    floor = min(profile.drop)
    shared = {"xaxis": axes[0], "yaxis": axes[1], "hoverinfo": "skip", "mode": "lines", "showlegend": first}
    if profile.half:
        figure.add_trace(_band(profile, palette, shared))
    figure.add_trace(
        go.Scatter(x=profile.at, y=profile.drop, name="fitted", line={"color": palette.muted, "width": 1.5}, **shared)
    )
    inside = [d if ok else None for d, ok in zip(profile.drop, profile.plausible, strict=True)]
    figure.add_trace(
        go.Scatter(
            x=profile.at, y=inside, name="within the 95 % region", line={"color": palette.best, "width": 4}, **shared
        )
    )
    figure.add_trace(
        go.Scatter(
            x=[profile.claim, profile.claim],
            y=[floor, 0.0],
            name="claim",
            line={"color": palette.claim, "width": 2, "dash": "dash"},
            **shared,
        )
    )


def _band(profile: Profile, palette: Palette, shared: dict[str, Any]) -> go.Scatter:
    x, y = _outline(profile)
    fill = {"fill": "toself", "fillcolor": faded(palette.best, BAND), "line": {"width": 0}}
    return go.Scatter(x=x, y=y, name="difference from the top, 95 %", **fill, **shared)


def _outline(profile: Profile) -> tuple[list[float | None], list[float | None]]:
    """The outlines of the band, one for each run of neighbouring places that have one, with gaps between them."""
    x: list[float | None] = []
    y: list[float | None] = []
    for known, places in groupby(zip(profile.at, profile.band, strict=True), lambda place: place[1][0] is not None):
        if known:
            at, ends = zip(*places, strict=True)
            x += [*at, *reversed(at), None]
            y += [*(high for _, high in ends), *(low for low, _ in reversed(ends)), None]
    return x, y
