"""Paired differences as a picture without plotly: intervals, and below each the strip of its single pairs.

Drawn as SVG from what `paired` holds, for pages that carry no plotly; the figure with plotly is `paired.paired_figure`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from studies.figures.numbers import signed
from studies.figures.pair_strips import heights
from studies.figures.paired import PairedInfo, PairedRow
from studies.figures.plain_tables import paired_table
from studies.figures.svg import Position, cut, element, line, position, spread, steps, text

NAME, SHEET = "paired-picture", "answers.css"
WIDTH, LEFT, RIGHT = 420.0, 10.0, 410.0  # px at its natural size
TOP, FOOT = 28.0, 42.0  # px above the rows and below them
NAMED, INTERVAL, STRIP = 14.0, 28.0, (38.0, 52.0)  # px within a row: name, interval, single pairs
ROW, BARE = 62.0, 42.0  # heights of a row, with single pairs and without any
TICKS, LONGEST = 5, 56  # on the scale; characters of the unit
ROOM = 0.03  # of the span, beyond its ends


@dataclass(frozen=True, slots=True)
class Plan:
    """Where things are drawn."""

    x: Position
    low: float
    high: float
    row: float  # height
    bottom: float  # of the rows


def paired_picture(info: PairedInfo) -> Markup:
    """The differences as an SVG element; nothing where there is no comparison."""
    if info.empty:
        return Markup("")
    plan = _plan(info)
    parts = [*_band(info, plan), *_scale(info, plan)]
    for i, row in enumerate(info.rows):
        parts += _row(row, plan, TOP + plan.row * i)
    parts.sort(key=lambda part: part.startswith("<text"))  # over the marks, so that they can be read
    return element(WIDTH, plan.bottom + FOOT, Markup("").join(parts), names=NAME, said=_said(info))


def _said(info: PairedInfo) -> str:
    return f"Paired differences from the claim in {info.unit}. {paired_table(info).said}"


def _plan(info: PairedInfo) -> Plan:
    margin = info.margin or 0.0
    ends: list[float | None] = [0.0, margin, -margin]
    for row in info.rows:
        found = row.difference
        ends += [found.estimate, found.low, found.high, row.strip.lowest, row.strip.highest]
    known = [end for end in ends if end is not None]
    room = ROOM * (max(known) - min(known) or 1.0)
    low, high = min(known) - room, max(known) + room
    height = ROW if info.has_pairs else BARE
    return Plan(position(low, high, LEFT, RIGHT), low, high, height, TOP + height * len(info.rows))


def _band(info: PairedInfo, plan: Plan) -> Iterator[Markup]:
    """The margin of practical equivalence around the claim, which is at 0."""
    top, zero = TOP - 6, plan.x(0.0)
    if info.margin is not None:
        low, high = plan.x(-info.margin), plan.x(info.margin)
        yield Markup('<rect class="band" x="{:.1f}" y="{:g}" width="{:.1f}" height="{:g}"/>').format(
            low, top, max(high - low, 2.0), plan.bottom - top
        )
    yield line(zero, top, zero, plan.bottom, "claim")
    yield text(LEFT, 12, "← worse", "tick")
    yield text(RIGHT, 12, "better than the claim →", "tick end")


def _scale(info: PairedInfo, plan: Plan) -> Iterator[Markup]:
    yield line(LEFT, plan.bottom, RIGHT, plan.bottom, "axis")
    for value in steps(plan.low, plan.high, TICKS):
        x = plan.x(value)
        yield line(x, TOP - 6, x, plan.bottom, "grid")
        side = "start" if x < LEFT + 20 else "end" if x > RIGHT - 20 else "middle"
        yield text(x, plan.bottom + 16, f"{value:.6g}".replace("-", "−"), f"tick {side}")
    yield text((LEFT + RIGHT) / 2, plan.bottom + 34, cut(info.unit, LONGEST), "tick middle")


def _row(row: PairedRow, plan: Plan, top: float) -> Iterator[Markup]:
    """An arm: its name and its difference, the interval, and its single pairs at heights without a meaning."""
    found, y = row.difference, top + INTERVAL
    yield text(LEFT, top + NAMED, row.name, "name")
    span = "" if found.low is None else f" ({signed(found.low)} to {signed(found.high)})"
    yield text(RIGHT, top + NAMED, f"{signed(found.estimate)}{span}", "value end")
    if row.strip.shown:
        raised = heights(len(row.strip.shown), (top + STRIP[0], top + STRIP[1]))
        at = zip((plan.x(pair.difference) for pair in row.strip.shown), raised, strict=True)
        yield Markup('<path class="pairs" d="{}"/>').format(spread({(round(x), round(up)) for x, up in at}, "h0"))
    if found.low is not None and found.high is not None:
        low, high = plan.x(found.low), plan.x(found.high)
        yield line(low, y, high, y, "interval")
        for x in (low, high):
            yield line(x, y - 5, x, y + 5, "interval")
    if found.estimate is not None:
        yield Markup('<path class="point" d="M{:.1f} {:g}l6 6l-6 6l-6 -6z"/>').format(plan.x(found.estimate), y - 6)
