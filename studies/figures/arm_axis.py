"""Rows of a comparison along an axis of contexts: an objective with 95 % intervals against the axis, one line a row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from studies.comparison.asked import StatedCell
from studies.comparison.model import ArmResult, ArmRow
from studies.comparison.words import LABELS, amount, legend, source
from studies.figures.arm_marks import Mark, marks
from studies.figures.scales import even_step
from studies.figures.theme import LIGHT, Palette, axis, empty, frame
from studies.language.compare import LARGER_IS_BETTER, How
from studies.verdict.wording_numbers import trimmed

HEIGHT = 420
ROOM = 0.08  # of the axis, beyond its ends
APART = 0.012  # of the axis, by which neighbouring rows are drawn aside
MOST_VALUES = 10  # of the axis that have a tick
WIDE = 4.0  # ends of an axis further apart than this factor are drawn on a logarithm


@dataclass(frozen=True, slots=True)
class Line:
    """One row: where it has a mean, and its results there; `lost`: the rest, where it was measured without one."""

    mark: Mark
    at: tuple[float, ...]
    results: tuple[ArmResult, ...]
    lost: tuple[tuple[float, ArmResult], ...] = ()


@dataclass(frozen=True, slots=True)
class AxisInfo:
    """Lines along one axis, under one loss and by one objective; `papers`: each arm's cells of the paper, by place."""

    objective: str
    field: str
    values: tuple[float, ...]
    lines: tuple[Line, ...]
    empty: str
    papers: tuple[tuple[Mark, float, StatedCell], ...] = ()

    @property
    def is_wide(self) -> bool:
        """True where the axis is drawn on a logarithm."""
        return bool(self.values) and self.values[0] > 0.0 and self.values[-1] / self.values[0] > WIDE


def axis_info(rows: Sequence[ArmRow], objective: str) -> AxisInfo:
    """The rows of one loss in contexts that form an axis.

    Args:
        rows: of one loss; those of contexts on no axis are left out.
        objective: one of their results.
    """
    placed = [(row, row.at) for row in rows if row.at is not None]
    groups: dict[tuple[str, str, How], list[tuple[float, ArmResult]]] = {}
    for row, at in placed:
        groups.setdefault((row.arm, row.title, row.how), []).append((at, row.result(objective)))
    lines = []
    for mark, found in zip(marks(list(groups)), groups.values(), strict=True):
        found.sort(key=lambda each: each[0])
        known = [each for each in found if each[1].mean is not None]
        lost = tuple((at, result) for at, result in found if result.mean is None and result.n)
        lines.append(Line(mark, tuple(at for at, _ in known), tuple(result for _, result in known), lost))
    values = tuple(sorted({at for _, at in placed}))
    field = placed[0][0].field if placed else ""
    nothing = "" if any(line.at for line in lines) else "No row has a mean along the axis yet."
    said = nothing if placed else "The contexts form no axis."
    return AxisInfo(objective, field, values, tuple(lines), said, _papers(lines))


def _papers(lines: Sequence[Line]) -> tuple[tuple[Mark, float, StatedCell], ...]:
    """The cells of the paper, once an arm and place."""
    found: dict[tuple[str, float], tuple[Mark, float, StatedCell]] = {}
    for line in lines:
        for at, result in [*zip(line.at, line.results, strict=True), *line.lost]:
            if result.paper is not None:
                found.setdefault((line.mark.arm, at), (line.mark, at, result.paper))
    return tuple(found.values())


def axis_figure(info: AxisInfo, palette: Palette = LIGHT) -> go.Figure:
    """Means against the axis with 95 % intervals; dashed and hollow as published."""
    if info.empty:
        return empty(palette, info.empty)
    figure = frame(palette, height=HEIGHT + 22 * (len(info.lines) // 3))
    wide = info.is_wide
    for line in info.lines:
        if line.at:
            figure.add_trace(_line(line, info, palette, wide=wide))
    if info.papers:
        figure.add_trace(_stated(info, palette))
    shown = info.values[:: even_step(len(info.values), MOST_VALUES)]
    ticks = {"tickvals": list(shown), "ticktext": [trimmed(value) for value in shown], "range": _range(info, wide=wide)}
    share = info.objective in LARGER_IS_BETTER
    figure.update_layout(
        meta={"rows": len(info.lines)},
        xaxis=axis(palette, info.field, type="log" if wide else "linear", **ticks),
        yaxis=axis(palette, LABELS[info.objective], **({"tickformat": ".4~p"} if share else {"rangemode": "tozero"})),
    )
    return figure


def _range(info: AxisInfo, *, wide: bool) -> list[float]:
    """The range of the axis, with room at its ends; contexts without a mean have their place, too."""
    low, high = (math.log10(end) if wide else end for end in (info.values[0], info.values[-1]))
    room = ROOM * (high - low or abs(high) or 1.0)
    return [low - room, high + room]


def _stated(info: AxisInfo, palette: Palette) -> go.Scatter:
    """The paper's cells, hollow, with their deviations."""
    cells = [cell for _, _, cell in info.papers]
    return go.Scatter(
        x=[at for _, at, _ in info.papers],
        y=[cell.mean for cell in cells],
        mode="markers",
        name=legend(cells),
        marker={"size": 10, "color": palette.ink, "symbol": "diamond-open", "line": {"width": 1.6}},
        error_y={"type": "data", "array": [cell.sd or 0.0 for cell in cells], "color": palette.muted, "width": 4},
        hovertext=[
            f"{source(cell)}, {mark.text}: {amount(cell.mean, info.objective)}" for mark, _, cell in info.papers
        ],
        hoverinfo="text",
    )


def _line(line: Line, info: AxisInfo, palette: Palette, *, wide: bool) -> go.Scatter:
    colour, results = line.mark.colour(palette), line.results
    aside = APART * (line.mark.order - 1)
    span = info.values[-1] - info.values[0]
    known = [(result, result.mean or 0.0) for result in results]
    return go.Scatter(
        x=[at * (1.0 + aside) if wide else at + aside * span for at in line.at],
        y=[mean for _, mean in known],
        mode="lines+markers",
        name=line.mark.text,
        line={"color": colour, "width": 1.8, "dash": line.mark.dash},
        marker={**line.mark.marker(palette, 8), "symbol": _symbols(line)},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [0.0 if result.high is None else result.high - mean for result, mean in known],
            "arrayminus": [0.0 if result.low is None else mean - result.low for result, mean in known],
            "color": colour,
            "thickness": 1.6,
            "width": 4,
        },
        hovertext=[_said(line.mark, at, info, each) for at, each in zip(line.at, results, strict=True)],
        hoverinfo="text",
    )


def _symbols(line: Line) -> list[str]:
    """The row's sign, an arrow upwards where its mean is a lower bound."""
    arrow = "triangle-up-open" if line.mark.how == "published" else "triangle-up"
    return [arrow if result.at_least else line.mark.symbol for result in line.results]


def _said(mark: Mark, at: float, info: AxisInfo, result: ArmResult) -> str:
    bound = "at least " if result.at_least else ""
    found = f"{bound}{amount(result.mean, info.objective)}, {result.n} runs"
    text = f"<b>{mark.text}</b><br>{info.field} {trimmed(at)}: {found}"
    return text if result.reached is None else f"{text}, {result.reached} reached the target"
