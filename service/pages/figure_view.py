"""The data of the page of one figure: the figure, what it shows in words, and its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from service.figure_data import NO_CHOICE, choose_sweep, read_figure_data
from service.verdicts.cache import CachedVerdict
from studies.errors import NoVerdictError, StudyNotFoundError
from studies.figures.book import FIGURES, NOTES, OF_TRIALS, tabulate, title_of
from studies.figures.curve_choice import CurveChoice
from studies.figures.figure_table import FigureTable
from studies.language.claim import Objective, exploratory
from studies.language.phases import Phase
from studies.storage import overview
from studies.storage.engine import Database
from studies.storage.read_models import StudyDetail, SweepSummary

ROWS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class FigureView:
    """One figure of one sweep."""

    detail: StudyDetail
    sweep: SweepSummary
    kind: str
    objective: Objective | None
    phase: Phase | None
    table: FigureTable | None  # None while the verdict that it needs is still being made
    stamp: tuple[object, ...]
    choice: CurveChoice = NO_CHOICE
    arms: tuple[tuple[str, str], ...] = ()  # name and title of each arm whose curves can be chosen

    @property
    def title(self) -> str:
        """The figure's title."""
        return title_of(self.kind, self.detail.spec.axes)

    @property
    def note(self) -> str:
        """How to read it."""
        return NOTES[self.kind]

    @property
    def query(self) -> str:
        """What is chosen, as part of an address."""
        return urlencode([*self._shared, *self.choice.parts])

    @property
    def shared_query(self) -> str:
        """What is chosen for the study's other figures, too."""
        return urlencode(self._shared)

    @property
    def _shared(self) -> list[tuple[str, str]]:
        chosen = {"sweep": self.sweep.name, "objective": self.objective, "phase": self.phase}
        return [(key, str(value)) for key, value in chosen.items() if value]

    @property
    def address(self) -> str:
        """Where the API has the figure; its page and its data have the same address but for the beginning and end."""
        return f"/api/v1/studies/{self.detail.summary.name}/figures/{self.kind}"

    @property
    def others(self) -> tuple[tuple[str, str, bool], ...]:
        """Name, title and whether it is this one, of each figure of the study."""
        several = len(self.detail.sweeps) > 1
        left_out = {"trend"} if several else {"trend", "drift"}  # they say something of several sweeps alone
        shown = [kind for kind in FIGURES if kind == self.kind or kind not in left_out]
        return tuple((kind, title_of(kind, self.detail.spec.axes), kind == self.kind) for kind in shown)

    @property
    def phases(self) -> tuple[str, ...]:
        """Phases that can be chosen; none where the figure is of the verdict."""
        return tuple(p.phase for p in self.sweep.phases) if self.kind in OF_TRIALS else ()

    @property
    def caution(self) -> str:
        """Caution about another objective than the claim's; "" where it is the claim's."""
        claimed = self.detail.spec.claim.objective
        return exploratory(self.objective or claimed, claimed)


def figure_view(
    db: Database,
    name: str,
    kind: str,
    *,
    cached: CachedVerdict | None,
    sweep: str | None,
    objective: Objective | None,
    phase: Phase | None,
    choice: CurveChoice = NO_CHOICE,
) -> FigureView:
    """Read one figure for its page.

    Raises:
        SpecError: a chosen arm or trial is not there, or the figure has no curves.
        StudyNotFoundError: there is no such study, sweep or figure.
        NoVerdictError: the study compares arms, whose figures stand on its own page.
        StorageUnavailableError: the database cannot be reached.
    """
    detail = overview.get(db, name)
    if kind not in FIGURES:
        raise StudyNotFoundError(f"there is no figure {kind[:40]!r}; there are {', '.join(FIGURES)}")
    if detail.spec.compares:
        raise NoVerdictError(f"study {name!r} compares arms; its figures are at /studies/{name}")
    chosen = choose_sweep(detail, sweep)
    table = None
    arms: tuple[tuple[str, str], ...] = ()
    if cached is not None:
        with_curves = kind == "curves"
        data = read_figure_data(db, detail, chosen, cached=cached, with_curves=with_curves, phase=phase, choice=choice)
        table, arms = tabulate(kind, data), tuple((arm.name, arm.title) for arm in data.arm_curves)
    stamp = (detail.summary.revision, cached.revision if cached else None)
    return FigureView(detail, chosen, kind, objective, phase, table, stamp, choice, arms)
