"""All figures of a comparison by name, drawn alike for the pages, the API and the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from studies.comparison.model import ArmComparison, ArmRow, WidthRow
from studies.figures.arm_axis import axis_figure, axis_info
from studies.figures.arm_curves import RowCurves, arm_curves_figure, arm_curves_info, measured_by
from studies.figures.arm_dots import dots_figure, dots_info
from studies.figures.arm_widths import widths_figure, widths_info
from studies.figures.theme import LIGHT, Palette

ARM_FIGURES = {
    "arms": "The arms side by side",
    "arm_curves": "Learning curves",
    "arm_axis": "The arms along the axis",
    "arm_widths": "Smallest width that works",
}


@dataclass(frozen=True, slots=True)
class ArmFigureData:
    """The data of a comparison's figures: one context and loss, and along the axis every context of the loss."""

    comparison: ArmComparison
    context: str
    loss: str
    objective: str
    curves: Sequence[RowCurves] = ()

    @property
    def here(self) -> tuple[ArmRow, ...]:
        """The rows of the context and loss."""
        return tuple(row for row in self.comparison.rows if (row.context, row.loss) == (self.context, self.loss))

    @property
    def along(self) -> tuple[ArmRow, ...]:
        """The rows of the loss in the contexts of the same axis."""
        axis = next((row.axis for row in self.here), "")
        return tuple(row for row in self.comparison.rows if (row.loss, row.axis) == (self.loss, axis))

    @property
    def widths(self) -> tuple[WidthRow, ...]:
        """The smallest widths under the loss, along the first axis of widths."""
        rows = [row for row in self.comparison.widths if row.loss == self.loss]
        return tuple(row for row in rows if row.axis == rows[0].axis)


def draw_arms(name: str, data: ArmFigureData, palette: Palette = LIGHT) -> go.Figure:
    """One figure of `ARM_FIGURES`.

    Raises:
        KeyError: there is no such figure.
    """
    return _DRAWN[name](data, palette)


_DRAWN: dict[str, Callable[[ArmFigureData, Palette], go.Figure]] = {
    "arms": lambda m, palette: dots_figure(dots_info(m.here, m.objective), palette),
    "arm_curves": lambda m, palette: arm_curves_figure(arm_curves_info(m.curves, measured_by(m.objective)), palette),
    "arm_axis": lambda m, palette: axis_figure(axis_info(m.along, m.objective), palette),
    "arm_widths": lambda m, palette: widths_figure(widths_info(m.widths), palette),
}
