"""A cross-validation as pages and reports lead with it: in words, as a picture, as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from studies.figures.parameters import shown
from studies.language.loss_names import label, phrase
from studies.language.parameters import Axes
from studies.language.spec import StudySpec
from studies.language.trained_words import shown_context
from studies.report.columns import runs_of
from studies.report.table1 import TableRow, departing, table_of_study
from studies.report.table1_picture import PointLine, points_image, points_picture
from studies.storage.read_models import StudyDetail


@dataclass(frozen=True, slots=True)
class PointsTable:
    """What a study that compares given points leads with.

    Attributes:
        rows: from top to bottom.
        measured: what the means are means of.
        word: what it is, in a word or two.
        sentence: what it says, "" while no run is done.
        departing: why the paper's numbers do not stand beside ours, a sentence for each context; none where they do.
        lines: of the picture.
        has_paper: whether a row has the paper's numbers.
        is_papers: whether a row is one of the paper's.
        several: whether rows are of several contexts.
    """

    rows: tuple[TableRow, ...]
    measured: str
    word: str
    sentence: str
    departing: tuple[str, ...]
    lines: tuple[PointLine, ...]
    has_paper: bool
    is_papers: bool
    several: bool

    @property
    def picture(self) -> Markup:
        """Means with intervals, an SVG element; empty while no run is done."""
        return points_picture(self.lines, self.measured)

    @property
    def image(self) -> str:
        """The same as an SVG file."""
        return points_image(self.lines, self.measured)


def reported_points(detail: StudyDetail, report: Mapping[str, Any]) -> PointsTable | None:
    """The means that a report holds; None where its study compares no given points.

    Args:
        detail: the study as the report states it (`stated.stated_detail`).
        report: what `studies.report.document` made.

    Raises:
        LookupError, TypeError, ValueError: the report is damaged.
    """
    spec = detail.spec
    if not spec.tabulates:
        return None
    runs = {sweep["name"]: runs_of(sweep["runs"], spec.axes.names) for sweep in report["sweeps"]}
    return points_table(spec, table_of_study(detail, runs))


def points_table(spec: StudySpec, rows: Sequence[TableRow]) -> PointsTable:
    """The rows of a study, made ready to be shown.

    Args:
        spec: the study.
        rows: of `table1.table_of_study`.
    """
    several = len({row.context for row in rows}) > 1
    has_paper = any(row.paper_mean is not None for row in rows)
    is_papers = has_paper or any(row.departures for row in rows)
    measured = "accuracy" if spec.measure is None else spec.measure.name
    return PointsTable(
        rows=tuple(rows),
        measured=measured,
        word="Table 1" if is_papers else _counted(len(rows)),
        sentence=_sentence(spec.axes, measured, rows),
        departing=departing(rows, partial(shown_context, spec)),
        lines=tuple(_line(spec, row, several=several) for row in rows),
        has_paper=has_paper,
        is_papers=is_papers,
        several=several,
    )


def _counted(points: int) -> str:
    if not points:
        return "Points to cross-validate"
    return "1 point cross-validated" if points == 1 else f"{points} points cross-validated"


def point_words(axes: Axes, row: TableRow) -> str:
    """A row's point, "η 0.0159, α 0.874"."""
    first, second = shown(axes)
    return f"{first.symbol} {first.text(row.eta)}, {second.symbol} {second.text(row.alpha)}"


def _line(spec: StudySpec, row: TableRow, *, several: bool) -> PointLine:
    place = f", {shown_context(spec, row.context)}" if several else ""
    return PointLine(f"{label(row.loss)}, {point_words(spec.axes, row)}{place}", row)


def _sentence(axes: Axes, measured: str, rows: Sequence[TableRow]) -> str:
    """The highest and the lowest mean, and whether ours stand in the order of the paper's."""
    if not rows:
        return ""
    ordered = sorted(rows, key=lambda row: row.mean)
    low, high = ordered[0], ordered[-1]
    if len(rows) == 1:
        return f"Mean {measured} {_at(axes, high)}."
    return f"Mean {measured} goes from {_at(axes, low)} to {_at(axes, high)}.{_order(rows)}"


def _at(axes: Axes, row: TableRow) -> str:
    return f"{row.mean:.2f} % ({phrase(row.loss)}, {point_words(axes, row)})"


def _order(rows: Iterable[TableRow]) -> str:
    """Of the first context that has the paper's rows."""
    stated = [row for row in rows if row.paper_mean is not None]
    own = [row for row in stated if row.context == stated[0].context]
    if len(own) < 2:
        return ""
    ours = [row.mean for row in sorted(own, key=lambda row: row.paper_mean or 0.0)]
    kept = all(one < other for one, other in pairwise(ours))
    return f" The means {'stand' if kept else 'do not stand'} in the order of the paper’s."
