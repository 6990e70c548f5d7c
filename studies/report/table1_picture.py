"""Cross-validated points as SVG, a line each: our mean with its interval and deviation, the paper's number below it.

Drawn without plotly, by the rules of the pictures of a comparison.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from studies.figures.arm_marks import Mark
from studies.figures.arm_signs import NAME, SHEET, sign, stated
from studies.figures.svg import Position, cut, element, image, line, position, steps, text
from studies.report.table1 import TableRow

WIDTH, LEFT, BESIDE = 420.0, 8.0, 104.0  # px: of the picture, of its margin, and of the numbers at the right
TOP, FOOT = 28.0, 44.0  # px above the points, with the key, and below them
NAMED, LINE, GAP = 20.0, 19.0, 9.0  # px of a name, of one number, and between two points
ROOM = 0.04  # of the span, beyond its ends
LONGEST, SHORT = 54, 24  # characters of a name, and of what is measured
NOTHING = "No run is done yet."
OURS = Mark("ours", "ours", "ours", "plain", 1)


@dataclass(frozen=True, slots=True)
class PointLine:
    """One point: its name, and its numbers in per cent."""

    name: str
    row: TableRow

    @property
    def tall(self) -> float:
        """px."""
        return NAMED + LINE * (1 + (self.row.paper_mean is not None)) + GAP


def points_picture(lines: Sequence[PointLine], measured: str) -> Markup:
    """The picture as an SVG element; empty without points.

    Args:
        lines: from top to bottom.
        measured: what the means are means of.
    """
    if not lines:
        return Markup("")
    return element(WIDTH, _height(lines), _drawn(lines, measured), names=NAME, said=_summary(lines, measured))


def points_image(lines: Sequence[PointLine], measured: str) -> str:
    """The picture as an SVG file; without points a sentence."""
    drawn = _drawn(lines, measured) if lines else text(LEFT, TOP, NOTHING, "name")
    said = _summary(lines, measured) if lines else NOTHING
    return image(WIDTH, _height(lines), drawn, name=NAME, sheet=SHEET, said=said)


def _height(lines: Sequence[PointLine]) -> float:
    return TOP + sum(each.tall for each in lines) + FOOT


def _drawn(lines: Sequence[PointLine], measured: str) -> Markup:
    low, high = _range([each.row for each in lines])
    x = position(low, high, LEFT + 4, WIDTH - BESIDE - 4)
    parts = [*_scale(x, low, high, _height(lines) - FOOT), *_key(lines, measured)]
    top = TOP
    for each in lines:
        parts += _point(each, x, top)
        top += each.tall
    return Markup("").join(parts)


def _summary(lines: Sequence[PointLine], measured: str) -> str:
    """The picture in words."""
    return f"Mean {measured}. {'; '.join(map(_said, lines))}."


def _range(rows: Sequence[TableRow]) -> tuple[float, float]:
    """What the points and their deviations take up, within per cent."""
    ours = [row.mean + side * (row.sd_runs or 0.0) for row in rows for side in (-1.0, 1.0)]
    papers = [
        row.paper_mean + side * (row.paper_sd or 0.0)
        for row in rows
        for side in (-1.0, 1.0)
        if row.paper_mean is not None
    ]
    low, high = min(ours + papers), max(ours + papers)
    room = ROOM * ((high - low) or 1.0)
    return max(low - room, 0.0), min(high + room, 100.0)


def _scale(x: Position, low: float, high: float, bottom: float) -> Iterator[Markup]:
    for value in steps(low, high, 4):
        yield line(x(value), TOP - 4, x(value), bottom, "grid")
        yield text(x(value), bottom + 17, f"{value:.6g} %", "tick middle")
    yield line(LEFT, bottom, WIDTH - BESIDE, bottom, "axis")
    yield text(LEFT, bottom + 37, "Bar: 95 % interval of the mean. Faint: ± deviation over runs.", "tick")


def _key(lines: Sequence[PointLine], measured: str) -> Iterator[Markup]:
    yield text(LEFT, 14, cut(measured, SHORT), "tick")
    if any(each.row.paper_mean is not None for each in lines):
        yield text(WIDTH, 14, "◇ the paper’s, ± its deviation", "tick end")


def _point(each: PointLine, x: Position, top: float) -> Iterator[Markup]:
    row, y = each.row, top + NAMED + LINE / 2 - 3
    yield line(0, top - 3, WIDTH, top - 3, "grid")
    yield text(LEFT, top + 13, cut(each.name, LONGEST), "name")
    if row.sd_runs:
        yield line(x(row.mean - row.sd_runs), y, x(row.mean + row.sd_runs), y, f"bar faint {OURS.tone}")
    if row.mean_low is not None and row.mean_high is not None:
        yield line(x(row.mean_low), y, x(row.mean_high), y, f"bar thick {OURS.tone}")
    yield sign(OURS, x(row.mean), y)
    yield text(WIDTH - BESIDE + 6, y + 4.5, _number(row.mean, row.sd_runs), "value")
    if row.paper_mean is not None:
        yield from _papers(row.paper_mean, row.paper_sd, x, y + LINE)


def _papers(mean: float, deviation: float | None, x: Position, y: float) -> Iterator[Markup]:
    if deviation:
        yield line(x(mean - deviation), y, x(mean + deviation), y, "paper behind")
    yield stated(x(mean), y)
    said = f"{mean:g}" + (f" ± {deviation:g}" if deviation else "")
    yield text(WIDTH - BESIDE + 6, y + 4.5, said, "tick")


def _number(mean: float, deviation: float | None) -> str:
    return f"{mean:.2f}" + ("" if deviation is None else f" ± {deviation:.2f}")


def _said(each: PointLine) -> str:
    """A point in words."""
    row = each.row
    between = f", 95 % from {row.mean_low:.2f} to {row.mean_high:.2f}" if row.mean_low is not None else ""
    paper = "" if row.paper_mean is None else f"; the paper has {row.paper_mean:g} ± {row.paper_sd:g}"
    return f"{each.name}: {_number(row.mean, row.sd_runs)} per cent{between}{paper}"
