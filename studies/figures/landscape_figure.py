"""Drawing the landscape: see `landscape` for what it holds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from studies.figures.cells import Cell
from studies.figures.landscape import LandscapeInfo, Line, good_end, region_positions
from studies.figures.numbers import number, percent
from studies.figures.outcome_signs import SIGNS, in_words
from studies.figures.parameters import rate_symbol, shown
from studies.figures.precision import SHADES, on_axis, significant
from studies.figures.theme import LIGHT, Palette, axis, claim_star, colour_bar, empty, frame, say_shown
from studies.language.objective_names import Judged, is_share, objective_label
from studies.verdict.model import LEVEL, RegionMap

HEIGHT = 560
LINES = 8
LABEL_AT = 0.86  # of a line's length
CREST_LABEL_AT = 0.1  # near the other end: where slopes are alike, labels would cover each other


def landscape_figure(info: LandscapeInfo, palette: Palette = LIGHT) -> go.Figure:
    """The landscape as a plotly figure."""
    if info.empty:
        return empty(palette, info.empty)
    figure = frame(palette, height=HEIGHT)
    if info.region is not None:
        _add_region(figure, info, info.region, palette)
    _add_lines(figure, info, palette)
    _add_cells(figure, info, palette)
    _add_marks(figure, info, palette)
    _set_axes(figure, info, palette)
    shown = len(info.measured) + len(info.failed)
    say_shown(figure, shown, shown + info.hidden)
    return figure


def _add_region(figure: go.Figure, info: LandscapeInfo, region: RegionMap, palette: Palette) -> None:
    eta = region_positions(info)
    mean = _by_eta(region.mean, missing=math.nan)
    p = _by_eta(region.p, missing=0.0)  # outside the zone: not plausible
    figure.add_trace(
        go.Contour(
            x=region.u,
            y=eta,
            z=mean,
            autocontour=False,
            contours=_levels(region, info.objective),
            line={"color": palette.faint, "width": 1},
            showscale=False,
            hoverinfo="skip",
            name="fitted surface",
            showlegend=False,
        )
    )
    figure.add_trace(
        go.Contour(
            x=region.u,
            y=eta,
            z=p,
            # plotly shades where a constraint does not hold
            contours={"type": "constraint", "operation": "<", "value": LEVEL},
            fillcolor=palette.region_fill,
            line={"color": palette.best, "width": 1.6},
            hoverinfo="skip",
            name="95 % region",
            showlegend=True,
        )
    )
    if region.process is not None:
        _add_process(figure, region, eta, palette)


def _add_process(figure: go.Figure, region: RegionMap, eta: NDArray[np.float64], palette: Palette) -> None:
    """The outline of what the Gaussian process alone puts in the region; the rest of it is the polynomial's."""
    figure.add_trace(
        go.Contour(
            x=region.u,
            y=eta,
            z=_by_eta(region.process or (), missing=0.0),
            autocontour=False,
            contours={"coloring": "none", "start": LEVEL, "end": LEVEL, "size": 1.0},
            line={"color": palette.best, "width": 1.2, "dash": "dot"},
            showscale=False,
            hoverinfo="skip",
            name="by the process alone",
            showlegend=True,
        )
    )


def _levels(region: RegionMap, objective: Judged) -> dict[str, Any]:
    low, top = good_end(region, objective)
    return {"coloring": "none", "start": low, "end": top, "size": (top - low) / LINES}


def _by_eta(grid: tuple[tuple[float | None, ...], ...], *, missing: float) -> list[list[float]]:
    """A grid with one row per u turned into one row per eta, as plotly reads it."""
    return [[missing if value is None else value for value in column] for column in zip(*grid, strict=True)]


def _add_lines(figure: go.Figure, info: LandscapeInfo, palette: Palette) -> None:
    if info.preregistered is not None:
        figure.add_trace(
            _path(info.preregistered, "box as preregistered", color=palette.muted, dash="solid", width=1.0)
        )
    if info.curve is not None and info.curve.u:
        figure.add_trace(_path(info.curve, "η = (1−α)²", color=palette.claim, dash="dash"))
        _add_label(figure, info.curve, "slope −2", color=palette.claim_edge, palette=palette)
    if info.ridge is not None and info.ridge.u:
        figure.add_trace(_path(info.ridge, _ridge_name(info), color=palette.muted, dash="dot"))
        _add_label(figure, info.ridge, "slope −1", color=palette.muted, palette=palette)
    if info.crest is not None:
        figure.add_trace(
            _path(
                info.crest,
                "best {} at each {}".format(*info.axes.symbols),
                color=palette.rival,
                dash="solid",
                width=2.0,
            )
        )
        slope = f"slope {number(info.crest_slope, 2)}"
        _add_label(figure, info.crest, slope, color=palette.rival, palette=palette, place=CREST_LABEL_AT)
    zone = _path(info.neighbourhood, "tolerance", color=palette.claim, dash="solid", width=1.2)
    zone.update(fill="toself", fillcolor=palette.claim_fill)
    figure.add_trace(zone)


def _add_label(
    figure: go.Figure, line: Line, text: str, *, color: str, palette: Palette, place: float = LABEL_AT
) -> None:
    """A label on a line, `place` of the way along it: near its lower end."""
    at = round(place * (len(line.u) - 1))
    font = {"size": 11, "color": color}
    y = math.log10(line.y[at])  # plotly's coordinate on a logarithmic axis; only a pair with a ridge has lines
    figure.add_annotation(
        x=line.u[at], y=y, text=text, font=font, showarrow=False, bgcolor=palette.surface, opacity=0.92, borderpad=1
    )


def _path(line: Line, name: str, *, color: str, dash: str, width: float = 1.5) -> go.Scatter:
    return go.Scatter(
        x=line.u,
        y=line.y,
        mode="lines",
        name=name,
        hoverinfo="skip",
        line={"color": color, "dash": dash, "width": width},
    )


def _add_cells(figure: go.Figure, info: LandscapeInfo, palette: Palette) -> None:
    low, high = info.shade_range
    if info.measured:
        # By u, since texts that are alike side by side pack better.
        drawn = sorted(zip(info.measured, info.shades, strict=True), key=lambda pair: pair[0].u)
        measured = tuple(cell for cell, _ in drawn)
        marker: dict[str, Any] = {
            "size": [_size(c) for c in measured],
            "color": on_axis((low if s is None else s for _, s in drawn), info.shade_range, SHADES),
            "coloraxis": "coloraxis",
            "line": {"width": 0.8, "color": palette.muted},
        }
        figure.add_trace(_cells(measured, info, name="measured", marker=marker, showlegend=False))
    for outcome, sign in SIGNS.items():
        marked = tuple(cell for cell in info.failed if cell.sign == outcome)
        if marked:
            figure.add_trace(_cells(marked, info, name=sign.word, marker=sign.marker(palette)))
    figure.update_layout(
        coloraxis={
            "cmin": low,
            "cmax": high,
            "colorscale": palette.colorscale,
            "colorbar": colour_bar(
                palette, objective_label(info.objective), info.shade_ticks.at, info.shade_ticks.text
            ),
        }
    )


def _cells(
    found: tuple[Cell, ...], info: LandscapeInfo, *, name: str, marker: dict[str, Any], **more: Any
) -> go.Scatter:
    """Marks of cells; the text of each names its trials."""
    heights = [c.y for c in found]
    return go.Scatter(
        x=on_axis((c.u for c in found), info.u_range),
        y=significant(heights) if shown(info.axes)[0].is_logarithmic else on_axis(heights, info.y_range),
        mode="markers",
        name=name,
        marker=marker,
        hovertext=[_hover(c, info) for c in found],
        hoverinfo="text",
        **more,
    )


def _ridge_name(info: LandscapeInfo) -> str:
    return f"same {rate_symbol(info.axes)}"


def _place(info: LandscapeInfo, first: float, second: float) -> str:
    one, other = shown(info.axes)
    text = f"{one.symbol} {one.text(first)} · {other.symbol} {other.text(second)}"
    return f"{text} · {rate_symbol(info.axes)} {number(first / (1.0 - second))}" if info.axes.ridge else text


def _hover(cell: Cell, info: LandscapeInfo) -> str:
    value = percent(cell.value) if is_share(info.objective) else number(cell.value, 4)
    trials = ", ".join(f"#{t}" for t in cell.trials[:3]) + ("…" if len(cell.trials) > 3 else "")
    lines = [
        f"<b>{value}</b>",
        _place(info, cell.eta, cell.alpha),
        f"{cell.runs} run{'s' if cell.runs > 1 else ''} · {', '.join(cell.phases)} · trial {trials}",
    ]
    if cell.failures:
        lines.insert(1, in_words(cell.failures, cell.runs))
    return "<br>".join(lines)


def _size(cell: Cell) -> float:
    return min(8.0 + 1.2 * math.sqrt(cell.runs - 1), 16.0)


def _add_marks(figure: go.Figure, info: LandscapeInfo, palette: Palette) -> None:
    if info.best is not None:
        figure.add_trace(
            go.Scatter(
                x=[info.best.u],
                y=[info.best.y],
                mode="markers",
                name="best measured",
                marker={
                    "symbol": "circle-open",
                    "size": 19,
                    "color": palette.best,
                    "line": {"width": 2.4, "color": palette.best},
                },
                hoverinfo="skip",
            )
        )
    figure.add_trace(
        go.Scatter(
            x=[info.claim.u],
            y=[info.claim.y],
            mode="markers",
            name="claim",
            marker=claim_star(palette, 18),
            hovertext=[f"<b>claim</b><br>{_claimed(info)}"],
            hoverinfo="text",
        )
    )


def _claimed(info: LandscapeInfo) -> str:
    one, other = shown(info.axes)
    second = f"{info.claim.alpha:.4f}" if other.parameter.scale == "log_one_minus" else other.text(info.claim.alpha, 4)
    return f"{one.symbol} {one.text(info.claim.eta, 4)} · {other.symbol} {second}"


def _set_axes(figure: go.Figure, info: LandscapeInfo, palette: Palette) -> None:
    vertical, horizontal = shown(info.axes)
    x = axis(palette, horizontal.on, range=list(info.u_range))
    x.update(tickvals=list(info.u_ticks.at), ticktext=list(info.u_ticks.text))
    ends = list(info.y_range)
    if vertical.is_logarithmic:
        y = axis(palette, vertical.on, type="log", range=[math.log10(end) for end in ends])
    else:
        y = axis(palette, vertical.on, range=ends)
    y.update(tickvals=list(info.y_ticks.at), ticktext=list(info.y_ticks.text))
    figure.update_layout(xaxis=x, yaxis=y)
