"""Slices of the fitted surface: along the ridge of constant eta / (1 - alpha), and across it.

Each slice is a profile: over one coordinate, the best fitted response that any value of the other one reaches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from studies.figures.parameters import rate_symbol, shown
from studies.figures.scales import Ticks, eta_ticks
from studies.figures.theme import LIGHT, Palette, axis, empty, frame
from studies.language.claim import Claim
from studies.verdict.model import LEVEL, SweepVerdict

HEIGHT = 340
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Profile:
    """Best fitted response over one coordinate, relative to the overall best (0 at the top)."""

    title: str
    at: tuple[float, ...]
    drop: tuple[float, ...]
    plausible: tuple[bool, ...]  # whether the 95 % region of the optimum reaches this coordinate
    claim: float
    ticks: Ticks


@dataclass(frozen=True, slots=True)
class SlicesInfo:
    """Profiles over alpha (along the ridge) and over the effective rate (across it), in response units.

    Without a ridge they are over the two parameters.
    """

    profiles: tuple[Profile, ...]
    margin: float | None
    empty: str


def slices_info(claim: Claim, verdict: SweepVerdict | None) -> SlicesInfo:
    """Profiles of a sweep's fitted surface, none where there is no fit."""
    region = verdict.region if verdict is not None else None
    mean = _grid(region.mean) if region is not None else np.empty((0, 0))
    if verdict is None or region is None or not np.isfinite(mean).any():
        return SlicesInfo((), None, "No fitted surface yet: it needs the map to be finished.")
    p = np.nan_to_num(_grid(region.p))
    u = np.broadcast_to(np.asarray(region.u)[:, None], mean.shape)
    s = u + np.asarray(region.v)[None, :]
    axes, (first, second) = claim.axes, shown(claim.axes)
    claim_v, claim_u = (float(axis) for axis in axes.coordinates(claim.first, claim.second))
    seconds = axes.second.value(np.asarray(region.u))
    name = "along: {1}, best {0} at each" if axes.ridge else "over {1}, best {0} at each"
    along = _profile(name.format(*axes.symbols), u, mean, p)
    ticks = second.ticks(float(seconds.min()), float(seconds.max()), few=True)
    profiles = [Profile(*along, claim_u, ticks)]
    if axes.ridge:
        across = _profile(f"across: {rate_symbol(axes)}", s, mean, p)
        profiles.append(Profile(*across, claim_v + claim_u, _rate_ticks(s, mean)))
    else:
        v = np.broadcast_to(np.asarray(region.v)[None, :], mean.shape)
        over = _profile("over {}, best {} at each".format(*axes.symbols), v, mean, p)
        firsts = axes.first.value(np.asarray(region.v))
        profiles.append(Profile(*over, claim_v, first.ticks(float(firsts.min()), float(firsts.max()), few=True)))
    return SlicesInfo(profiles=tuple(profiles), margin=verdict.margin, empty="")


def _rate_ticks(s: FloatArray, mean: FloatArray) -> Ticks:
    """Ticks of the effective rate, at its logarithms."""
    rates = np.exp(s[np.isfinite(mean)])
    ticks = eta_ticks(float(rates.min()), float(rates.max()), few=True)
    return Ticks(tuple(float(np.log(rate)) for rate in ticks.at), ticks.text)


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
        y = axis(palette, "below the best, response units" if i == 0 else "", anchor=f"x{suffix}")
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


def _grid(rows: tuple[tuple[float | None, ...], ...]) -> FloatArray:
    return np.array([[np.nan if value is None else value for value in row] for row in rows], dtype=np.float64)


Slice = tuple[str, tuple[float, ...], tuple[float, ...], tuple[bool, ...]]


def _profile(title: str, coordinate: FloatArray, mean: FloatArray, p: FloatArray) -> Slice:
    """Maximum of the surface within each of some bins of a coordinate."""
    inside = np.isfinite(mean)
    x, y, chance = coordinate[inside], mean[inside], p[inside]
    edges = np.linspace(x.min() - 1e-9, x.max() + 1e-9, max(mean.shape) + 1)
    bins = np.digitize(x, edges) - 1
    used = [b for b in range(len(edges) - 1) if (bins == b).any()]
    top = float(y.max())
    return (
        title,
        tuple(float(x[bins == b].mean()) for b in used),
        tuple(float(y[bins == b].max()) - top for b in used),
        tuple(bool(chance[bins == b].max() > LEVEL) for b in used),
    )
