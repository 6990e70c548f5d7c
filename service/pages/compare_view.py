"""What the page of a study that compares arms shows: one context and loss, its table and its figures' addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from markupsafe import Markup

from service.arm_figures import place_of, row_curves
from studies.comparing import compare
from studies.comparison.headline import headline
from studies.comparison.model import ArmComparison
from studies.comparison.words import LABELS
from studies.figures.arm_along import AlongTable, along_table
from studies.figures.arm_answer import ArmPicture, answer_picture
from studies.figures.arm_book import ARM_FIGURES, ArmFigureData
from studies.figures.arm_curve_panels import CurveLine, curve_lines, curve_panels
from studies.figures.arm_curves import ArmCurvesInfo, RowCurves, arm_curves_info, shown_by
from studies.figures.arm_table import ArmLine, ArmTable, arm_tables, width_lines
from studies.language.spec import sweep_name
from studies.storage.engine import Database
from studies.storage.read_models import StudyDetail, SweepSummary

MOST_OPEN = 8  # panels of learning curves that are not folded


@dataclass(frozen=True, slots=True)
class Tab:
    """A context and a loss, and the sweep by which the page is asked for them."""

    context: str
    loss: str
    sweep: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class CurvesShown:
    """Learning curves as the page shows them.

    Attributes:
        info: mean curves with their bands.
        panels: an SVG element an arm; none where no run has two epochs.
    """

    info: ArmCurvesInfo
    panels: tuple[Markup, ...]

    @property
    def title(self) -> str:
        """What they show, as a heading begins."""
        return f"{self.info.label[:1].upper()}{self.info.label[1:]}"

    @property
    def is_long(self) -> bool:
        """True where there are so many panels that they are folded: on a telephone they would be half the page."""
        return len(self.panels) > MOST_OPEN

    @property
    def lines(self) -> tuple[CurveLine, ...]:
        """The same in numbers."""
        return curve_lines(self.info)


@dataclass(frozen=True, slots=True)
class ComparedView:
    """A comparison as its page shows it.

    Attributes:
        comparison: all of it.
        objective: by which the table and the figures are.
        table: the rows of the chosen context and loss, by that objective.
        every: the same rows by every objective.
        sentences: of all contexts and losses, the chosen one's first.
        tabs: contexts and losses; one where the study has no more.
        arms: titles of the arms, each with its sweep in the chosen context and loss.
        widths: smallest widths, by axis and loss.
        query: of the figures' addresses.
        lead: the answer under the chosen loss, in a sentence or two.
        along: arms by contexts; None where the loss has one context.
        picture: the answer as a picture; None before a run is measured.
        curves: learning curves of the objective, then those of the other images; none where no run has two epochs.
    """

    comparison: ArmComparison
    objective: str
    table: ArmTable
    every: tuple[ArmTable, ...]
    sentences: tuple[str, ...]
    tabs: tuple[Tab, ...]
    arms: tuple[tuple[str, str], ...]
    widths: tuple[tuple[str, str, tuple[ArmLine, ...]], ...]
    query: str
    lead: str
    along: AlongTable | None
    picture: ArmPicture | None
    curves: tuple[CurvesShown, ...]

    @property
    def about_widths(self) -> bool:
        """True where the smallest widths are the answer."""
        return self.comparison.widths_first and self.objective == self.comparison.objective

    @property
    def losses(self) -> tuple[Tab, ...]:
        """The first tab of each loss, the chosen one's own."""
        first = {tab.loss: tab for tab in reversed(self.tabs)}
        return tuple(
            next((t for t in self.tabs if t.chosen and t.loss == loss), first[loss]) for loss in reversed(first)
        )

    @property
    def places(self) -> tuple[Tab, ...]:
        """The tabs of the chosen loss."""
        return tuple(tab for tab in self.tabs if tab.loss == self.table.loss)

    @property
    def labels(self) -> dict[str, str]:
        """The objectives in words, the design's own first."""
        return {name: LABELS[name] for name in self.comparison.objectives}

    @property
    def along_axis(self) -> bool:
        """True where the chosen context is on an axis."""
        return any(row.at is not None for row in self.comparison.rows if row.context == self.table.context)

    @property
    def figures(self) -> str:
        """Address of several figures of the chosen context and loss, which lacks their names."""
        return f"/api/v1/studies/{self.comparison.study}/figures?{self.query}"

    def figure(self, kind: str) -> str:
        """Address of a figure of the chosen context and loss."""
        return f"/api/v1/studies/{self.comparison.study}/figures/{kind}?{self.query}"

    def title(self, kind: str) -> str:
        """Title of a figure."""
        return ARM_FIGURES[kind]


def compared_view(db: Database, detail: StudyDetail, sweep: SweepSummary, objective: str | None) -> ComparedView:
    """Read a comparison for its page.

    Args:
        db: where the study is.
        detail: the study, which compares arms.
        sweep: one of the chosen context and loss.
        objective: to show it by; None: the design's own.

    Raises:
        StudyNotFoundError: the study has gone meanwhile.
        StorageUnavailableError: the database cannot be reached.
    """
    found, spec = compare(db, detail.summary.name)[1], detail.spec
    place, by = place_of(spec, sweep.context), objective or found.objective
    here = (place, sweep.loss)
    tables = {(table.context, table.loss): table for table in arm_tables(found, by)}
    data = ArmFigureData(found, place, sweep.loss, by)
    curves = row_curves(db, detail, data, shown_by(by))
    every = {name: arm_tables(found, name) for name in found.objectives}
    chosen = list(tables).index(here)
    said = [f"{text[:1].upper()}{text[1:]}" for text in found.sentences]
    first = {place_of(spec, context.name): context.name for context in reversed(spec.contexts)}
    return ComparedView(
        comparison=found,
        objective=by,
        table=tables[here],
        every=tuple(each[chosen] for each in every.values()),
        sentences=(said[chosen], *said[:chosen], *said[chosen + 1 :]),
        tabs=tuple(Tab(*key, sweep_name(key[1], first[key[0]]), key == here) for key in tables),
        arms=tuple(
            (arm.heading, sweep_name(sweep.loss, context.name))
            for context in spec.contexts
            if place_of(spec, context.name) == place and (arm := spec.arm_of(context.name)) is not None
        ),
        widths=width_lines(found),
        query=urlencode({"sweep": sweep.name, "by": by}),
        lead=headline(found, sweep.loss),
        along=along_table(found, sweep.loss, by),
        picture=answer_picture(found, place, sweep.loss, by),
        curves=tuple(_curves_shown(curves, found.baseline)),
    )


def _curves_shown(curves: Mapping[str, Sequence[RowCurves]], baseline: str) -> Iterator[CurvesShown]:
    for measured, rows in curves.items():
        info = arm_curves_info(rows, measured)
        if panels := curve_panels(info, baseline):
            yield CurvesShown(info, panels)
