"""The answer as a picture: each optimum's 95 % interval beside the claim's neighbourhood, one panel per parameter.

Drawn as SVG without plotly, from the data of the drift figure, so that a page shows it at once and a document can hold
it. `answers.css` has its rules; a file that stands alone brings them, with the palettes of the figures.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from studies.figures.drift import DriftInfo, DriftRow
from studies.figures.parameters import Shown, shown
from studies.figures.scales import Ticks
from studies.figures.svg import Position, element, image, line, position, shifted, text
from studies.verdict.model import Interval

WIDTH, LEFT, RIGHT = 380.0, 10.0, 10.0  # of a panel, in px at its natural size
TOP, ROW, FOOT, LEAST_GAP = 34.0, 56.0, 46.0, 34.0  # heights; the least distance of two ticks
DIGIT = 7.2  # width of a character of a tick, at most
GAP = 24.0  # between two panels that lie side by side
NAME, SHEET = "answer-panel", "answers.css"


@dataclass(frozen=True, slots=True)
class Panel:
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
        element(WIDTH, height, _drawn(info, panel, height), names=NAME, said=_summary(info, panel))
        for panel in panels_of(info)
    )


def oblique(info: DriftInfo) -> tuple[str, ...]:
    """A sentence per row whose intervals cover the claim one by one while its region does not, named where several."""
    several = len(info.rows) > 1
    return tuple((f"{', '.join(row.lines)}: " if several else "") + row.together for row in info.rows if row.together)


def answer_image(info: DriftInfo) -> str:
    """Both panels side by side as one SVG file; of an empty picture its sentence."""
    panels, height = panels_of(info), _height(info)
    said = " ".join(_summary(info, panel) for panel in panels)
    drawn = [shifted(i * (WIDTH + GAP), 0, _drawn(info, p, height)) for i, p in enumerate(panels)]
    return image(2 * WIDTH + GAP, height, Markup("").join(drawn), name=NAME, sheet=SHEET, said=said)


def panels_of(info: DriftInfo) -> tuple[Panel, Panel]:
    """A panel per parameter."""
    first, second = shown(info.axes)
    return (
        Panel(
            shown=first,
            at=position(*info.eta_range, LEFT, WIDTH - RIGHT, is_log=first.is_logarithmic),
            claim=info.eta_claim,
            ticks=info.eta_ticks,
            intervals=tuple(row.y for row in info.rows),
            values=tuple(row.eta for row in info.rows),
            is_first=True,
        ),
        Panel(
            shown=second,
            at=position(*info.u_range, LEFT, WIDTH - RIGHT),
            claim=info.u_claim,
            ticks=info.u_ticks,
            intervals=tuple(row.u for row in info.rows),
            values=tuple(row.alpha for row in info.rows),
            is_first=False,
        ),
    )


def _height(info: DriftInfo) -> float:
    return TOP + ROW * max(len(info.rows), 1) + FOOT


def _drawn(info: DriftInfo, panel: Panel, height: float) -> Markup:
    bottom = height - FOOT
    parts = [*draw_scale(panel, bottom, height), *draw_band(panel, TOP - 6, bottom)]
    for i, row in enumerate(info.rows):
        parts += draw_row(row, panel, i, TOP + ROW * i)
    return Markup("").join(parts)


def draw_scale(panel: Panel, bottom: float, height: float) -> Iterator[Markup]:
    """Grid, ticks that have room for their texts, and the parameter's name."""
    yield line(LEFT, bottom, WIDTH - RIGHT, bottom, "axis")
    last = -math.inf
    for value, said in zip(panel.ticks.at, panel.ticks.text, strict=True):
        x = panel.at(value)
        if x - last < LEAST_GAP:
            continue
        last = x
        yield line(x, TOP - 6, x, bottom, "grid")
        yield _tick(x, bottom + 17, said)
    yield text(WIDTH / 2, height - 8, panel.shown.title, "tick middle")


def _tick(x: float, y: float, said: str) -> Markup:
    """A tick's text below its line; at a side of the picture it begins or ends there, so that nothing is cut."""
    half = len(said) * DIGIT / 2
    if x - half < LEFT:
        return text(LEFT, y, said, "tick")
    if x + half > WIDTH - RIGHT:
        return text(WIDTH - RIGHT, y, said, "tick end")
    return text(x, y, said, "tick middle")


def draw_band(panel: Panel, top: float, bottom: float) -> Iterator[Markup]:
    """The claim's neighbourhood and its point between two heights, its value above them."""
    low, point, high = (panel.at(value) for value in panel.claim)
    yield Markup('<rect class="band" x="{:.1f}" y="{:g}" width="{:.1f}" height="{:g}"/>').format(
        low, top, max(high - low, 2.0), bottom - top
    )
    yield line(point, top, point, bottom, "claim")
    by_value = panel.is_first and panel.shown.is_logarithmic
    claimed = panel.claim[1] if by_value else panel.shown.parameter.value(panel.claim[1]).item()
    side = "end" if point > WIDTH * 0.8 else "start" if point < WIDTH * 0.2 else "middle"
    yield text(point, top - 7, f"claim {panel.shown.text(claimed)}", f"claimed {side}")


def draw_row(row: DriftRow, panel: Panel, index: int, top: float) -> Iterator[Markup]:
    """A row: its name, and below it the interval, whose end is open where it reaches the edge of the box."""
    yield text(LEFT, top + 14, ", ".join(row.lines), "name")
    if panel.is_first and row.distance:
        yield text(LEFT, top + 46, row.distance, "value")
    yield text(WIDTH - RIGHT, top + 14, f"best {panel.shown.text(panel.values[index].estimate)}", "value end")
    found, y = panel.intervals[index], top + 29
    if found.low is not None and found.high is not None:
        low, high = panel.at(found.low), panel.at(found.high)
        yield line(low, y, high, y, "interval")
        for x, side, turn in ((low, "low", 1.0), (high, "high", -1.0)):
            is_open = f"{panel.shown.parameter.name} {side}" in row.open_sides
            yield _arrow(x, y, turn) if is_open else line(x, y - 5, x, y + 5, "interval")
    if found.estimate is not None:
        x = panel.at(found.estimate)
        yield Markup('<path class="point" d="M{0:.1f} {1:g}l6 6l-6 6l-6 -6z"/>').format(x, y - 6)


def _summary(info: DriftInfo, panel: Panel) -> str:
    """What the panel shows, in words."""
    said = [
        f"{', '.join(row.lines)}: {panel.shown.text(value.estimate)}"
        + (f" (95 %: {panel.shown.span(value)})" if value.low is not None else "")
        for row, value in zip(info.rows, panel.values, strict=True)
    ]
    text = f"Where the optimum of {panel.shown.title} lies beside the claim. {'; '.join(said) or info.empty}."
    return " ".join((text, *oblique(info)))


def _arrow(x: float, y: float, turn: float) -> Markup:
    return Markup('<path class="open" d="M{:.1f} {:g}l{:g} 5m{:g} -5l{:g} -5"/>').format(
        x, y, 6 * turn, -6 * turn, 6 * turn
    )
