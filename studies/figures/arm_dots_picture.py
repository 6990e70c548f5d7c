"""Arms side by side as SVG: a row an arm, as published and tuned, with 95 % intervals and the paper's cell.

Drawn without plotly from the data of `arm_dots`, or of smallest widths: wide with the arms' names at the left, narrow
with each name above its row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from studies.comparison.model import WidthRow
from studies.comparison.words import HOW_WORDS, LABELS, amount, bare, labelled, whose
from studies.figures.arm_dots import Dot, DotsInfo
from studies.figures.arm_marks import marks
from studies.figures.arm_signs import arrow, sign, stated
from studies.figures.arm_table import paper_words
from studies.figures.svg import Position, cut, line, position, steps, text
from studies.language.compare import LARGER_IS_BETTER, How

TOP, FOOT = 30.0, 34.0  # px above the rows, with the key, and below them
LINE, GAP = 19.0, 11.0  # px of one point, and between two arms
ROOM = 0.05  # of the span, beyond its ends
LONGEST = 24  # characters of a name at the left
RunValues = dict[tuple[str, How], tuple[float, ...]]  # of single runs, by arm and way of measuring


@dataclass(frozen=True, slots=True)
class Plan:
    """Where things are drawn: `arms` are the dots of one arm each, from top to bottom."""

    objective: str
    baseline: float | None
    arms: tuple[tuple[Dot, ...], ...]
    runs: RunValues
    width: float
    left: float
    right: float
    x: Position
    low: float
    high: float
    is_narrow: bool

    @property
    def bottom(self) -> float:
        """px of the scale."""
        return TOP + sum(self.tall(arm) for arm in self.arms)

    def tall(self, arm: Sequence[Dot]) -> float:
        """px of one arm."""
        return LINE * (len(arm) + _has_paper(arm) + self.is_narrow) + GAP


def dots_drawn(info: DotsInfo, *, narrow: bool = False, runs: RunValues | None = None) -> tuple[float, float, Markup]:
    """Width, height and contents of the picture.

    Args:
        info: rows by one objective.
        narrow: for a telephone.
        runs: drawn faint; None: none.
    """
    plan = _plan(info, runs or {}, narrow=narrow)
    parts = list(_scale(plan))
    y = TOP
    for arm in plan.arms:
        parts += _arm(plan, arm, y)
        y += plan.tall(arm)
    parts += _key(plan)
    return plan.width, plan.bottom + FOOT, Markup("").join(parts)


def dots_said(info: DotsInfo) -> str:
    """The picture in words."""
    label = LABELS[info.objective]
    return f"{label[:1].upper()}{label[1:]} of each arm. {'; '.join(map(_said, info.dots))}."


def widths_as_dots(rows: Sequence[WidthRow]) -> tuple[DotsInfo, RunValues]:
    """Smallest widths as dots, with those of single runs.

    Args:
        rows: of one axis and loss.
    """
    drawn = marks([(row.arm, row.title, row.how) for row in rows])
    dots = tuple(Dot(mark, row.result, "") for mark, row in zip(drawn, rows, strict=True))
    known = any(row.result.n for row in rows)
    runs = {(row.arm, row.how): tuple(each for each in row.smallest if each is not None) for row in rows}
    return DotsInfo("smallest_width", dots, None, "" if known else "No run is measured at every width yet."), runs


def _said(dot: Dot) -> str:
    """A row in words."""
    result = dot.result
    if result.mean is None:
        return f"{dot.mark.name}: no mean, {result.n - result.censored} of {result.n} runs arrived"
    bounded = "at least " if result.at_least else ""
    return f"{dot.mark.name}: {bounded}{amount(result.mean, result.objective)}, {result.n} runs"


def _plan(info: DotsInfo, runs: RunValues, *, narrow: bool) -> Plan:
    arms: dict[str, list[Dot]] = {}
    for dot in info.dots:
        arms.setdefault(dot.mark.arm, []).append(dot)
    width, left, beside = (380.0, 12.0, 84.0) if narrow else (660.0, 190.0, 132.0)
    low, high = _range(info, [value for each in runs.values() for value in each])
    right = width - beside
    x = position(low, high, left + 6, right - 6)
    groups = tuple(tuple(each) for each in arms.values())
    return Plan(info.objective, info.baseline, groups, runs, width, left, right, x, low, high, narrow)


def _range(info: DotsInfo, runs: Sequence[float]) -> tuple[float, float]:
    results = [dot.result for dot in info.dots]
    ends = [end for each in results for end in (each.mean, each.low, each.high)]
    cells = [each.paper for each in results if each.paper is not None]
    ends += [cell.mean + s * (cell.sd or 0.0) for cell in cells for s in (-1.0, 1.0)]
    known = [end for end in [*ends, *runs] if end is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    room = ROOM * (high - low or abs(high) or 1.0)
    if info.objective in LARGER_IS_BETTER:
        return max(low - room, 0.0), min(high + room, 1.0)
    positive = all(each.mean is None or each.mean >= 0.0 for each in results)
    return (max(low - room, 0.0) if positive else low - room), high + room


def _scale(plan: Plan) -> Iterator[Markup]:
    top, bottom = TOP - 4, plan.bottom
    percent = plan.objective in LARGER_IS_BETTER
    for value in steps(plan.low, plan.high, 4 if plan.is_narrow else 6):
        x = plan.x(value)
        yield line(x, top, x, bottom, "grid")
        yield text(x, bottom + 17, f"{100 * value:.4g} %" if percent else f"{value:.6g}", "tick middle")
    yield line(plan.left, bottom, plan.right, bottom, "axis")
    if plan.baseline is not None:
        yield line(plan.x(plan.baseline), top, plan.x(plan.baseline), bottom, "base")


def _arm(plan: Plan, arm: Sequence[Dot], top: float) -> Iterator[Markup]:
    """One arm: its name, a line for each way that it was measured, and one for the paper's cell."""
    yield line(0, top - 3, plan.width, top - 3, "grid")
    title = arm[0].mark.title
    if plan.is_narrow:
        yield text(0, top + 13, title, "name")
    else:
        yield text(0, top + 14, cut(title, LONGEST), "name")
    y = top + LINE * plan.is_narrow + LINE / 2
    for dot in arm:
        yield from _dot(plan, dot, y)
        y += LINE
    if _has_paper(arm):
        yield from _paper(plan, arm, y)


def _dot(plan: Plan, dot: Dot, y: float) -> Iterator[Markup]:
    result, tone = dot.result, dot.mark.tone
    for value in plan.runs.get((dot.mark.arm, dot.mark.how), ()):
        yield Markup('<circle class="runs {}" cx="{:.1f}" cy="{:g}" r="2.6"/>').format(tone, plan.x(value), y + 6)
    if result.mean is None:
        said = f"{result.n - result.censored} of {result.n} arrived: no mean" if result.n else "no run yet"
        yield text(plan.left + 6, y + 4.5, said, "tick")
        return
    x = plan.x(result.mean)
    if result.low is not None:
        end = plan.right if result.high is None else plan.x(result.high)
        yield line(plan.x(result.low), y, end, y, f"bar {tone}")
        if result.high is None:
            yield arrow(dot.mark, end, y, up=False)
    yield sign(dot.mark, x, y)
    bounded = "≥ " if result.at_least else ""
    how = "" if plan.is_narrow or dot.mark.how == "plain" else f" {HOW_WORDS[dot.mark.how]}"
    yield text(plan.right + 8, y + 4.5, f"{bounded}{bare(result.mean, result.objective)}{how}", "value")


def _paper(plan: Plan, arm: Sequence[Dot], y: float) -> Iterator[Markup]:
    cell = next(dot.result.paper for dot in arm if dot.result.paper is not None)
    if cell.sd:
        yield line(plan.x(cell.mean - cell.sd), y, plan.x(cell.mean + cell.sd), y, "paper behind")
    yield stated(plan.x(cell.mean), y)
    words = paper_words(cell, plan.objective)
    words = words.partition(" ±")[0].partition(" ")[0] if plan.is_narrow else words
    yield text(plan.right + 8, y + 4.5, words, "tick")


def _key(plan: Plan) -> Iterator[Markup]:
    """What is drawn, and which sign is which, above the rows."""
    yield text(0, 14, labelled(plan.objective), "tick")
    hows = {dot.mark.how for arm in plan.arms for dot in arm}
    said = ["hollow: as published"] if {"published", "tuned"} <= hows else []
    cells = [dot.result.paper for arm in plan.arms for dot in arm if dot.result.paper is not None]
    said += [f"◇ {whose(cells)}"] if cells else []
    yield text(plan.width, 14, ", ".join(said), "tick end")


def _has_paper(arm: Sequence[Dot]) -> bool:
    return any(dot.result.paper is not None for dot in arm)
