"""Does the optimum lie inside the box? How plausible each value of a parameter is as the optimum's, edge to edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from studies.figures.figure_table import FigureTable
from studies.figures.numbers import percent
from studies.figures.parameters import Shown, shown
from studies.figures.scales import Ticks
from studies.figures.theme import LIGHT, Palette, axis, empty, frame
from studies.language.claim import Claim
from studies.language.space import Space
from studies.verdict.model import LEVEL, RegionMap, SweepVerdict

HEIGHT = 300
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class EdgeProfile:
    """The largest p-value over one parameter, whatever the other one is."""

    shown: Shown
    at: tuple[float, ...]  # coordinates
    p: tuple[float, ...]  # of "the optimum is here"; 0 outside the fitted zone
    box: tuple[float, float]
    claim: float
    ticks: Ticks
    open_sides: tuple[str, ...]  # "lower", "upper": ends of the box that the 95 % region reaches

    @property
    def values(self) -> FloatArray:
        """The parameter's values, in its unit."""
        return np.asarray(self.shown.parameter.value(np.asarray(self.at)), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class EdgeInfo:
    """A profile per parameter."""

    profiles: tuple[EdgeProfile, ...]
    said: str
    empty: str


def edge_info(claim: Claim, space: Space, verdict: SweepVerdict | None) -> EdgeInfo:
    """Profiles of a sweep's region; none where there is no region yet."""
    region = verdict.region if verdict is not None else None
    if verdict is None or region is None:
        return EdgeInfo((), "", "No region yet: it needs the map to be finished.")
    p = np.array([[0.0 if x is None else x for x in row] for row in region.p])
    first, second = shown(claim.axes)
    v, u = (float(at) for at in claim.axes.coordinates(claim.first, claim.second))
    (low, high), (least, most) = space.ends
    profiles = (
        _profile(first, region.v, p.max(axis=0), space.v_bounds, v, first.ticks(low, high, few=True)),
        _profile(second, region.u, p.max(axis=1), space.u_bounds, u, second.ticks(least, most, few=True)),
    )
    return EdgeInfo(profiles, _said(profiles, region, verdict), "")


def edge_figure(info: EdgeInfo, palette: Palette = LIGHT) -> go.Figure:
    """Both profiles side by side, with the level of the region and the ends of the box."""
    if info.empty:
        return empty(palette, info.empty)
    figure = frame(palette, height=HEIGHT)
    for i, profile in enumerate(info.profiles):
        _add(figure, profile, palette, suffix="" if i == 0 else "2")
    names = {"xaxis": [0.0, 0.47], "xaxis2": [0.55, 1.0]}
    for (name, domain), profile in zip(names.items(), info.profiles, strict=True):
        pad = 0.03 * (profile.box[1] - profile.box[0])
        figure.layout[name] = axis(
            palette,
            profile.shown.on,
            domain=domain,
            range=[profile.box[0] - pad, profile.box[1] + pad],
            tickvals=list(profile.ticks.at),
            ticktext=list(profile.ticks.text),
            anchor="y2" if name == "xaxis2" else "y",
        )
    y = axis(palette, "p, the optimum is here", range=[0, 1.05], tickformat=".1g")
    figure.update_layout(yaxis=y, yaxis2={**y, "title": None, "anchor": "x2", "showticklabels": False})
    return figure


def edge_table(info: EdgeInfo) -> FigureTable:
    """A row per parameter: the claim, where the 95 % region begins and ends, and the sides at which it is open."""
    rows = []
    for profile in info.profiles:
        inside = profile.values[np.array(profile.p) > LEVEL]
        rows.append(
            (
                profile.shown.symbol,
                float(profile.shown.parameter.value(profile.claim)),
                float(inside.min()) if len(inside) else None,
                float(inside.max()) if len(inside) else None,
                " and ".join(profile.open_sides) or "none",
            )
        )
    columns = ("parameter", "claim", "region from", "region to", "ends of the box that it reaches")
    return FigureTable.of(columns, rows, info.said or info.empty)


def _profile(
    one: Shown, at: tuple[float, ...], p: FloatArray, box: tuple[float, float], claim: float, ticks: Ticks
) -> EdgeProfile:
    places, step = np.array(at), max(np.diff(at), default=0.0)
    inside = places[p > LEVEL]
    reaches = (
        ("lower", len(inside) and inside.min() <= box[0] + step),
        ("upper", len(inside) and inside.max() >= box[1] - step),
    )
    limit = "lower" if one.parameter.scale == "log_one_minus" and float(one.parameter.value(box[0])) <= 0.0 else ""
    sides = tuple(side for side, is_open in reaches if is_open and side != limit)
    return EdgeProfile(one, tuple(at), tuple(p.tolist()), box, claim, ticks, sides)


def _add(figure: go.Figure, profile: EdgeProfile, palette: Palette, *, suffix: str) -> None:
    shared = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}", "mode": "lines", "showlegend": not suffix}
    texts = [profile.shown.text(value) for value in profile.values.tolist()]
    curve = {"line": {"color": palette.muted, "width": 1.6}, "text": texts}
    hover = f"{profile.shown.symbol} %{{text}}: p %{{y:.3f}}<extra></extra>"
    figure.add_trace(go.Scatter(x=profile.at, y=profile.p, name="p", hovertemplate=hover, **curve, **shared))
    inside = [p if p > LEVEL else None for p in profile.p]
    bold = {"line": {"color": palette.best, "width": 4}, "hoverinfo": "skip"}
    figure.add_trace(go.Scatter(x=profile.at, y=inside, name="within the 95 % region", **bold, **shared))
    gold = {"line": {"color": palette.claim, "width": 2, "dash": "dash"}, "hoverinfo": "skip"}
    figure.add_trace(go.Scatter(x=[profile.claim] * 2, y=[0, 1], name="claim", **gold, **shared))
    for end in profile.box:
        line = {"color": palette.diverged, "width": 1.5, "dash": "dot"}
        figure.add_trace(
            go.Scatter(
                x=[end, end],
                y=[0, 1],
                name="edge of the box",
                line=line,
                hoverinfo="skip",
                **{**shared, "showlegend": not suffix and end == profile.box[0]},
            )
        )


def _said(profiles: tuple[EdgeProfile, ...], region: RegionMap, verdict: SweepVerdict) -> str:
    reached = [f"the {side} end of {one.shown.symbol}" for one in profiles for side in one.open_sides]
    mass = "" if verdict.edge_mass is None else f" {percent(verdict.edge_mass, 1)} of the optima drawn lie at an edge."
    if not reached:
        return f"The 95 % region ends inside the box on every side.{mass}"
    bound = "an interval that ends there is a bound, no estimate"
    return f"The 95 % region reaches {' and '.join(reached)} of the box: {bound}.{mass}"
