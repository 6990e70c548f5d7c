"""Arms along an axis of contexts as SVG: a line with its 95 % band for each row, bounds, the paper's cells.

Drawn without plotly from the data of `arm_axis`: wide with the rows' names at the ends of their lines, narrow with a
key below. Rows of which most runs never arrived have no mean; they stand in a strip above the plot.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from studies.comparison.model import ArmResult
from studies.comparison.words import LABELS, bare, labelled, legend, unit_of
from studies.figures.arm_axis import AxisInfo, Line
from studies.figures.arm_marks import Mark
from studies.figures.arm_signs import arrow, sign, stated
from studies.figures.svg import Position, cut, line, position, steps, text
from studies.language.compare import LARGER_IS_BETTER
from studies.verdict.wording_numbers import trimmed

TOP, FOOT, KEY = 30.0, 46.0, 22.0  # px: above the plot, below it, and a line of the key
STRIP = 20.0  # of the rows without a mean, an arm
LABEL_GAP, LONGEST = 16.0, 26  # px between two names at the right; characters of one
ROOM = 0.06  # of the span, beyond the highest and lowest interval
FROM_ZERO = 0.45  # a scale whose lowest value is below this share of its highest begins at 0
APART = 4.0  # px between neighbouring rows at one place


@dataclass(frozen=True, slots=True)
class Plan:
    """Where things are drawn."""

    info: AxisInfo
    width: float
    left: float
    right: float  # px of the plot's right end
    top: float
    bottom: float
    x: Position
    y: Position
    low: float
    high: float
    is_narrow: bool

    def place(self, at: float, mark: Mark) -> float:
        """Where a row stands on the axis: neighbouring rows a little apart."""
        orders = sorted({(each.mark.order, each.mark.how) for each in self.info.lines})
        return self.x(at) + APART * (orders.index((mark.order, mark.how)) - (len(orders) - 1) / 2)

    def named(self, mark: Mark, *, short: bool = True) -> str:
        """A row's name; without the way of measuring where all rows have the same."""
        name = mark.title if len({each.mark.how for each in self.info.lines}) == 1 else mark.name
        return cut(name, LONGEST) if short else name


def axis_drawn(info: AxisInfo, *, narrow: bool = False) -> tuple[float, float, Markup]:
    """Width, height and contents of the picture; of an empty one nothing is drawn."""
    plan = _plan(info, narrow=narrow)
    parts = [*_scales(plan), *_strip(plan)]
    for each in info.lines:
        parts += _band(plan, each)
    for each in info.lines:
        parts += _row(plan, each)
    parts += _papers(plan)
    parts += _key(plan) if narrow else _names(plan)
    return plan.width, _height(plan), Markup("").join(parts)


def axis_said(info: AxisInfo) -> str:
    """The picture in words."""
    label = LABELS[info.objective]
    return f"{label[:1].upper()}{label[1:]} against {info.field}. {' '.join(map(_line_said, info.lines))}"


def _line_said(row: Line) -> str:
    unit = unit_of(row.results[0].objective) if row.results else ""
    known = [
        f"{'at least ' if result.at_least else ''}{bare(result.mean or 0.0, result.objective)} at {trimmed(at, 4)}"
        for at, result in zip(row.at, row.results, strict=True)
    ]
    lost = [f"no mean at {trimmed(at, 4)}" for at, _ in row.lost]
    return f"{row.mark.name}{f' ({unit})' if unit else ''}: {', '.join([*lost, *known]) or 'no run yet'}."


def _plan(info: AxisInfo, *, narrow: bool) -> Plan:
    width, left = (380.0, 44.0) if narrow else (660.0, 50.0)
    right = width - (16.0 if narrow else 186.0)
    lost = sum(bool(each.lost) for each in info.lines)
    top = TOP + (STRIP * lost + 24.0 if lost else 0.0)
    bottom = top + (230.0 if narrow else 270.0)
    low, high = _range(info)
    margin = max(APART * len(info.lines), 14.0)
    x = position(info.values[0], info.values[-1], left + margin, right - margin, is_log=info.is_wide)
    return Plan(info, width, left, right, top, bottom, x, position(low, high, bottom, top), low, high, narrow)


def _range(info: AxisInfo) -> tuple[float, float]:
    ends = [end for each in info.lines for result in each.results for end in (result.mean, result.low, result.high)]
    ends += [cell.mean + sign * (cell.sd or 0.0) for _, _, cell in info.papers for sign in (-1.0, 1.0)]
    known = [end for end in ends if end is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    room = ROOM * (high - low or abs(high) or 1.0)
    if info.objective in LARGER_IS_BETTER:
        return max(low - room, 0.0), min(high + room, 1.0)
    return (0.0 if low < FROM_ZERO * high else low - room), high + room


def _height(plan: Plan) -> float:
    lines = len(plan.info.lines) + bool(plan.info.papers)
    return plan.bottom + FOOT + (KEY * lines + 4.0 if plan.is_narrow else 0.0)


def _scales(plan: Plan) -> Iterator[Markup]:
    """Both scales; the objective's name stands above its own."""
    info, y = plan.info, plan.bottom
    percent = info.objective in LARGER_IS_BETTER
    for value in steps(plan.low, plan.high, 6):
        yield line(plan.left, plan.y(value), plan.right, plan.y(value), "grid")
        said = f"{100 * value:.4g} %" if percent else f"{value:.6g}"
        yield text(plan.left - 6, plan.y(value) + 4, said, "tick end")
    yield line(plan.left, y, plan.right, y, "axis")
    last = -math.inf
    for value in info.values:
        if plan.x(value) - last >= 30.0:
            last = plan.x(value)
            yield line(last, y, last, y + 5, "axis")
            yield text(last, y + 19, trimmed(value, 4), "tick middle")
    yield text((plan.left + plan.right) / 2, y + 38, info.field, "tick middle")
    yield text(4, 16, labelled(info.objective), "tick")


def _strip(plan: Plan) -> Iterator[Markup]:
    """Where most runs of a row never arrived: a line an arm above the plot, with how many did."""
    rows = [each for each in plan.info.lines if each.lost]
    if not rows:
        return
    yield Markup('<rect class="strip" x="{:g}" y="{:g}" width="{:g}" height="{:g}" rx="4"/>').format(
        plan.left, TOP - 2, plan.right - plan.left, STRIP * len(rows) + 6
    )
    for i, each in enumerate(rows):
        y = TOP + STRIP * i + 11
        if not plan.is_narrow:
            yield text(plan.right + 8, y + 4, plan.named(each.mark), "value")
        for at, result in each.lost:
            x = plan.x(at)
            beyond = x > (plan.left + plan.right) / 2
            said = _arrived(result) if len(each.lost) == 1 else f"{result.n - result.censored} of {result.n}"
            named = f"{plan.named(each.mark)}: {said}" if plan.is_narrow and len(each.lost) == 1 else said
            yield sign(each.mark, x, y)
            yield text(x + (-10 if beyond else 10), y + 4, named, "value end" if beyond else "value")


def _arrived(result: ArmResult) -> str:
    return f"{result.n - result.censored} of {result.n} {'arrived' if result.reached is not None else 'unbroken'}"


def _band(plan: Plan, row: Line) -> Iterator[Markup]:
    """The 95 % intervals, joined; a bound has no upper end and is open above."""
    found = [(at, result) for at, result in zip(row.at, row.results, strict=True) if result.low is not None]
    if len(found) < 2:
        return
    upper = [(at, plan.top if each.high is None else plan.y(each.high)) for at, each in found]
    lower = [(at, plan.y(each.low or 0.0)) for at, each in reversed(found)]
    points = " ".join(f"{plan.place(at, row.mark):.1f},{y:.1f}" for at, y in [*upper, *lower])
    yield Markup('<polygon class="spread {}" points="{}"/>').format(row.mark.tone, points)


def _row(plan: Plan, row: Line) -> Iterator[Markup]:
    """A row's line, its intervals and its signs."""
    places = [(plan.place(at, row.mark), result) for at, result in zip(row.at, row.results, strict=True)]
    if len(places) > 1:
        path = "L".join(f"{x:.1f} {plan.y(result.mean or 0.0):.1f}" for x, result in places)
        dashed = " dashed" if row.mark.how == "published" else ""
        yield Markup('<path class="series {}{}" d="M{}"/>').format(row.mark.tone, dashed, path)
    for x, result in places:
        y = plan.y(result.mean or 0.0)
        if result.low is not None:
            top = plan.top if result.high is None else plan.y(result.high)
            yield line(x, plan.y(result.low), x, top, f"bar {row.mark.tone}")
        if result.at_least:
            yield arrow(row.mark, x, plan.top, up=True)
        yield sign(row.mark, x, y)


def _papers(plan: Plan) -> Iterator[Markup]:
    for mark, at, cell in plan.info.papers:
        x = plan.place(at, mark) + APART
        if cell.sd:
            yield line(x, plan.y(cell.mean - cell.sd), x, plan.y(cell.mean + cell.sd), "paper behind")
        yield stated(x, plan.y(cell.mean))


def _names(plan: Plan) -> Iterator[Markup]:
    """Each row's name at the end of its line, moved where two would meet."""
    ends = [(plan.y(row.results[-1].mean or 0.0), row) for row in plan.info.lines if row.results]
    ends.sort(key=lambda each: each[0])
    for (y, row), at in zip(ends, _spread([y for y, _ in ends], plan.top, plan.bottom), strict=True):
        x = plan.place(row.at[-1], row.mark)
        yield line(x + 8, y, plan.right + 8, at, "lead")
        yield sign(row.mark, plan.right + 16, at)
        yield text(plan.right + 27, at + 4.5, plan.named(row.mark), "value")
    if plan.info.papers:
        yield stated(plan.right + 16, plan.bottom + 14)
        yield text(plan.right + 27, plan.bottom + 18.5, legend([cell for _, _, cell in plan.info.papers]), "value")


def _spread(wanted: Sequence[float], top: float, bottom: float) -> list[float]:
    """Heights of names near those wanted, in the same order, `LABEL_GAP` apart."""
    found: list[float] = []
    for y in wanted:
        found.append(max(y, found[-1] + LABEL_GAP if found else top))
    beyond = found[-1] - bottom if found else 0.0
    if beyond > 0.0:  # push them up again from below
        limit = bottom
        for i in range(len(found) - 1, -1, -1):
            found[i] = min(found[i], limit)
            limit = found[i] - LABEL_GAP
    return found


def _key(plan: Plan) -> Iterator[Markup]:
    y = plan.bottom + FOOT + 10
    for row in plan.info.lines:
        yield sign(row.mark, 14, y)
        yield text(28, y + 4.5, plan.named(row.mark, short=False), "value")
        y += KEY
    if plan.info.papers:
        yield stated(14, y)
        yield text(28, y + 4.5, legend([cell for _, _, cell in plan.info.papers]), "value")
