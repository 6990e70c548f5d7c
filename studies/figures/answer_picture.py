"""The answer as a picture: each optimum's 95 % interval beside the claim's neighbourhood, one panel per parameter.

Drawn as SVG without plotly, from the data of the drift figure, so that a page shows it at once and a document can hold
it. `answers.css` has its rules; a file that stands alone brings them, with the palettes of the figures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources

from markupsafe import Markup, escape

from studies.figures.drift import DriftInfo, DriftRow
from studies.figures.parameters import Shown, shown
from studies.figures.scales import Ticks
from studies.figures.theme import DARK, FONT, LIGHT, Palette
from studies.verdict.model import Interval

WIDTH, LEFT, RIGHT = 380.0, 10.0, 10.0  # of a panel, in px at its natural size
TOP, ROW, FOOT, LEAST_GAP = 34.0, 56.0, 46.0, 34.0  # heights; the least distance of two ticks
GAP = 24.0  # between two panels that lie side by side
SCOPE = ".answer-panel"
Position = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class _Panel:
    """One parameter: where its values are drawn, the claim's band, and the rows' intervals."""

    shown: Shown
    at: Position
    claim: tuple[float, float, float]
    ticks: Ticks
    intervals: tuple[Interval, ...]  # as drawn
    values: tuple[Interval, ...]
    is_first: bool


def answer_panels(info: DriftInfo) -> tuple[Markup, ...]:
    """One SVG element per parameter, for a page that lays them out; none where no optimum is located."""
    if info.empty:
        return ()
    height = _height(info)
    return tuple(
        Markup('<svg class="answer-panel" viewBox="0 0 {:g} {:g}" role="img" aria-label="{}">{}</svg>').format(
            WIDTH, height, _summary(info, panel), _drawn(info, panel, height)
        )
        for panel in _panels(info)
    )


def answer_image(info: DriftInfo) -> str:
    """Both panels side by side as one SVG file; of an empty picture its sentence."""
    panels, height = _panels(info), _height(info)
    width = 2 * WIDTH + GAP
    said = escape(" ".join(_summary(info, panel) for panel in panels))
    parts = [
        f'<g transform="translate({i * (WIDTH + GAP):g} 0)">{_drawn(info, p, height)}</g>' for i, p in enumerate(panels)
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" class="answer-panel">'
    )
    ground = f'<rect class="ground" width="{width:g}" height="{height:g}"/>'
    return f"{head}<title>{said}</title>{_alone()}{ground}{''.join(parts)}</svg>\n"


def _panels(info: DriftInfo) -> tuple[_Panel, _Panel]:
    first, second = shown(info.axes)
    return (
        _Panel(
            shown=first,
            at=_position(*info.eta_range, is_log=first.is_logarithmic),
            claim=info.eta_claim,
            ticks=info.eta_ticks,
            intervals=tuple(row.y for row in info.rows),
            values=tuple(row.eta for row in info.rows),
            is_first=True,
        ),
        _Panel(
            shown=second,
            at=_position(*info.u_range, is_log=False),
            claim=info.u_claim,
            ticks=info.u_ticks,
            intervals=tuple(row.u for row in info.rows),
            values=tuple(row.alpha for row in info.rows),
            is_first=False,
        ),
    )


def _position(low: float, high: float, *, is_log: bool) -> Position:
    """From drawn values to px; what lies beyond the box is drawn at its edge."""
    scale = math.log if is_log else float
    start, span = scale(low), scale(high) - scale(low)

    def at(value: float) -> float:
        share = (scale(max(value, low)) - start) / span if span > 0.0 else 0.5
        return LEFT + min(max(share, 0.0), 1.0) * (WIDTH - LEFT - RIGHT)

    return at


def _height(info: DriftInfo) -> float:
    return TOP + ROW * max(len(info.rows), 1) + FOOT


def _drawn(info: DriftInfo, panel: _Panel, height: float) -> Markup:
    bottom = height - FOOT
    parts = [*_scale(panel, bottom, height), *_band(panel, bottom)]
    for i, row in enumerate(info.rows):
        parts += _row(row, panel, i, TOP + ROW * i)
    return Markup("").join(parts)


def _scale(panel: _Panel, bottom: float, height: float) -> Iterator[Markup]:
    """Grid, ticks that have room for their texts, and the parameter's name."""
    yield _line(LEFT, bottom, WIDTH - RIGHT, bottom, "axis")
    last = -math.inf
    for value, text in zip(panel.ticks.at, panel.ticks.text, strict=True):
        x = panel.at(value)
        if x - last < LEAST_GAP:
            continue
        last = x
        yield _line(x, TOP - 6, x, bottom, "grid")
        yield _text(min(max(x, 16.0), WIDTH - 16.0), bottom + 17, text, "tick middle")
    yield _text(WIDTH / 2, height - 8, panel.shown.title, "tick middle")


def _band(panel: _Panel, bottom: float) -> Iterator[Markup]:
    """The claim's neighbourhood and its point."""
    low, point, high = (panel.at(value) for value in panel.claim)
    yield Markup('<rect class="band" x="{:.1f}" y="{:g}" width="{:.1f}" height="{:g}"/>').format(
        low, TOP - 6, max(high - low, 2.0), bottom - TOP + 6
    )
    yield _line(point, TOP - 6, point, bottom, "claim")
    by_value = panel.is_first and panel.shown.is_logarithmic
    claimed = panel.claim[1] if by_value else panel.shown.parameter.value(panel.claim[1]).item()
    side = "end" if point > WIDTH * 0.8 else "start" if point < WIDTH * 0.2 else "middle"
    yield _text(point, TOP - 13, f"claim {panel.shown.text(claimed)}", f"claimed {side}")


def _row(row: DriftRow, panel: _Panel, index: int, top: float) -> Iterator[Markup]:
    """A row: its name, and below it the interval, whose end is open where it reaches the edge of the box."""
    yield _text(LEFT, top + 14, ", ".join(row.lines), "name")
    if panel.is_first and row.distance:
        yield _text(LEFT, top + 46, row.distance, "value")
    yield _text(WIDTH - RIGHT, top + 14, panel.shown.text(panel.values[index].estimate), "value end")
    found, y = panel.intervals[index], top + 29
    if found.low is not None and found.high is not None:
        low, high = panel.at(found.low), panel.at(found.high)
        yield _line(low, y, high, y, "interval")
        for x, side, turn in ((low, "low", 1.0), (high, "high", -1.0)):
            is_open = f"{panel.shown.parameter.name} {side}" in row.open_sides
            yield _arrow(x, y, turn) if is_open else _line(x, y - 5, x, y + 5, "interval")
    if found.estimate is not None:
        x = panel.at(found.estimate)
        yield Markup('<path class="point" d="M{0:.1f} {1:g}l6 6l-6 6l-6 -6z"/>').format(x, y - 6)


def _summary(info: DriftInfo, panel: _Panel) -> str:
    """What the panel shows, in words."""
    said = [
        f"{', '.join(row.lines)}: {panel.shown.text(value.estimate)}"
        + (f" (95 %: {panel.shown.span(value)})" if value.low is not None else "")
        for row, value in zip(info.rows, panel.values, strict=True)
    ]
    return f"Where the optimum of {panel.shown.title} lies beside the claim. {'; '.join(said) or info.empty}."


def _line(x1: float, y1: float, x2: float, y2: float, name: str) -> Markup:
    return Markup('<line class="{}" x1="{:.1f}" y1="{:g}" x2="{:.1f}" y2="{:g}"/>').format(name, x1, y1, x2, y2)


def _arrow(x: float, y: float, turn: float) -> Markup:
    return Markup('<path class="open" d="M{:.1f} {:g}l{:g} 5m{:g} -5l{:g} -5"/>').format(
        x, y, 6 * turn, -6 * turn, 6 * turn
    )


def _text(x: float, y: float, text: str, names: str) -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:g}">{}</text>').format(names, x, y, text)


def _alone() -> Markup:
    """The style of a file that stands alone: the rules of the pages, in the theme of its reader."""
    sheet = (resources.files("studies.figures") / "answers.css").read_text("utf-8")
    rules = "".join(line for line in sheet.splitlines() if line.startswith(SCOPE))
    light, dark = (f"{SCOPE}{{{_tones(palette)}}}" for palette in (LIGHT, DARK))
    font = FONT.replace("'", "")
    return Markup(
        f"<style>{light}@media (prefers-color-scheme:dark){{{dark}}}{SCOPE}{{font-family:{font}}}{rules}</style>"
    )


def _tones(palette: Palette) -> str:
    """The colours that the rules name."""
    named = {
        "ink": palette.ink,
        "muted": palette.muted,
        "line": palette.grid,
        "surface": palette.surface,
        "claim": palette.claim,
        "accent": palette.best,
    }
    return ";".join(f"--{name}:{colour}" for name, colour in named.items())
