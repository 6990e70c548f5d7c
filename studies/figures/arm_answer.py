"""The answer of a comparison as a picture: along the axis where there is one, else the arms side by side.

A study whose paper states smallest widths is about them, so its picture is theirs.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from studies.comparison.model import ArmComparison, WidthRow
from studies.figures.arm_axis import AxisInfo, axis_info
from studies.figures.arm_axis_picture import axis_drawn, axis_said
from studies.figures.arm_book import ArmFigureData
from studies.figures.arm_dots import DotsInfo, dots_info
from studies.figures.arm_dots_picture import RunValues, dots_drawn, dots_said, widths_as_dots
from studies.figures.arm_signs import NAME, SHEET
from studies.figures.svg import element, image, text

NOTHING = "No run is measured yet."


@dataclass(frozen=True, slots=True)
class ArmPicture:
    """A picture of a comparison: one kind of data, and `said`, which is the same in words."""

    title: str
    note: str
    said: str
    info: AxisInfo | DotsInfo
    runs: RunValues | None = None  # of smallest widths

    @property
    def elements(self) -> tuple[Markup, ...]:
        """The picture for a page: wide, and narrow for telephones; one of them is shown."""
        found = []
        for narrow in (False, True):
            width, height, inner = self._drawn(narrow=narrow)
            names = f"{NAME} {'narrow' if narrow else 'wide'}"
            found.append(element(width, height, inner, names=names, said=self.said))
        return tuple(found)

    @property
    def image(self) -> str:
        """The picture as an SVG file that stands alone."""
        width, height, inner = self._drawn(narrow=False)
        return image(width, height, inner, name=NAME, sheet=SHEET, said=self.said)

    def _drawn(self, *, narrow: bool) -> tuple[float, float, Markup]:
        if isinstance(self.info, AxisInfo):
            return axis_drawn(self.info, narrow=narrow)
        return dots_drawn(self.info, narrow=narrow, runs=self.runs)


def answer_picture(comparison: ArmComparison, context: str, loss: str, objective: str) -> ArmPicture | None:
    """The picture that leads; None before the first measured run.

    Args:
        comparison: of a study.
        context: one of its contexts.
        loss: one of the losses that were trained.
        objective: to draw by.
    """
    data = ArmFigureData(comparison, context, loss, objective)
    if comparison.widths_first and objective == comparison.objective:
        return widths_picture(data.widths)
    along = axis_info(data.along, objective)
    if along.empty or len(along.values) < 2:
        return arms_picture(data)
    bounds = any(result.at_least for line in along.lines for result in line.results)
    lost = any(line.lost for line in along.lines)
    note = "Lines join the means; bands and bars are their 95 % intervals."
    more = " An arrow marks a lower bound: some of its runs never arrived." if bounds else ""
    none = " In the strip above: no mean, since most runs never arrived." if lost else ""
    return ArmPicture(f"Along the {along.field}", f"{note}{more}{none}", axis_said(along), along)


def arms_picture(data: ArmFigureData) -> ArmPicture | None:
    """The arms of one context side by side; None before the first measured run."""
    info = dots_info(data.here, data.objective)
    if info.empty:
        return None
    bounds = any(dot.result.at_least for dot in info.dots)
    note = "Dots are means, bars their 95 % intervals; the dotted line is the baseline’s mean."
    more = " An arrow marks a lower bound." if bounds else ""
    several = len({row.context for row in data.comparison.rows}) > 1
    where = f", {data.context}" if several else ""
    return ArmPicture(f"The arms side by side{where}", f"{note}{more}", dots_said(info), info)


def widths_picture(rows: tuple[WidthRow, ...]) -> ArmPicture | None:
    """The smallest widths of one axis and loss; None before any run is measured at every width."""
    info, runs = widths_as_dots(rows)
    if info.empty:
        return None
    note = "Dots are means, bars their 95 % intervals, faint dots single runs; an arrow marks a lower bound."
    return ArmPicture("Smallest width that works", note, dots_said(info), info, runs)


def answer_image(comparison: ArmComparison) -> str:
    """The picture that leads as an SVG file: by the design's objective, of the first context and loss."""
    first = comparison.rows[0]
    picture = answer_picture(comparison, first.context, first.loss, comparison.objective)
    if picture is None:
        return image(380, 60, text(12, 34, NOTHING, "value"), name=NAME, sheet=SHEET, said=NOTHING)
    return picture.image
