"""The data of the page of one study."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from urllib.parse import urlencode

from service.figure_data import choose_sweep
from service.formats import bounded
from service.pages.unjudged import Standing, standing
from service.verdicts.cache import CachedVerdict
from service.verdicts.forecast import forecast, throughput_of
from service.verdicts.forecast_text import forecast_lines
from studies.figures.answer_picture import answer_panels, oblique
from studies.figures.answers_table import AnswersInfo, answers_info
from studies.figures.book import NOTES, title_of
from studies.figures.drift import DriftInfo, drift_info
from studies.figures.drift_lead import DriftLead, drift_lead
from studies.figures.drift_table import LossDrift, drift_table
from studies.figures.paired import PairedInfo, paired_info
from studies.figures.readings import nearness_reading, slope_reading
from studies.figures.trend_table import LossTrend, trend_table
from studies.language.axis import numeric_axes
from studies.language.claim import Objective, exploratory
from studies.language.loss_names import label, phrase
from studies.language.phases import Phase
from studies.language.trained_words import shown_context, shown_contexts
from studies.language.versions import again_caution
from studies.plan.later_looks import runs_to_decide
from studies.records import FINAL_STATES, TrialState
from studies.storage import listing, overview, workers
from studies.storage.engine import Database
from studies.storage.listing import Sort
from studies.storage.read_models import Page, PhaseProgress, StudyDetail, SweepSummary, TrialRow, WorkerRow
from studies.verdict.leading import leading
from studies.verdict.model import Sentence, SweepVerdict, parts_of
from studies.verdict.wording_statements import OPENINGS

TRIALS_PER_PAGE = 25
FURTHER = ("parallel", "rank", "importance", "edf", "edge", "fit")  # figures that are folded


@dataclass(frozen=True, slots=True)
class Bar:
    """One phase's progress as shares of its trials, for a bar that needs no script."""

    progress: PhaseProgress
    total: int
    done: float  # percent
    running: float
    lost: float  # failed and cancelled


@dataclass(frozen=True)
class StudyView:
    """Everything that the template needs, and `stamp`, which changes whenever any of it could.

    What only the template needs is worked out when it asks, since most looks find the page made.
    """

    detail: StudyDetail
    cached: CachedVerdict | None  # None while the first verdict is still being made
    sweep: SweepSummary
    standing: Standing | None  # None where its verdict may be told, or where it compares arms
    forecast: tuple[str, ...]  # what would decide the undecided sweeps, and how long it takes; sentences
    listed: Callable[[], Page[TrialRow]]
    workers: tuple[WorkerRow, ...]
    objective: Objective | None
    sort: Sort
    phase: Phase | None
    state: TrialState | None
    cursor: str | None
    final: bool
    among_all: tuple[int, int, int]  # changes with every submission and deletion, on which the claim's drawer hangs

    @property
    def stamp(self) -> tuple[object, ...]:
        """Changes whenever the page could."""
        workers_shown = tuple((w.name, w.state, w.lanes, w.alive) for w in self.workers)
        return (
            self.detail.summary.revision,
            self.among_all,
            self.cached.revision if self.cached else None,
            workers_shown,
            self.standing,
            self.forecast,
        )

    @cached_property
    def trials(self) -> Page[TrialRow]:
        """The page of trials that was asked for.

        Raises:
            SpecError: the cursor is none of this list.
            StorageUnavailableError: the database cannot be reached.
        """
        return self.listed()

    @cached_property
    def bars(self) -> dict[str, tuple[Bar, ...]]:
        """Progress of each sweep's phases."""
        return {sweep.name: tuple(_bar(phase) for phase in sweep.phases) for sweep in self.detail.sweeps}

    @cached_property
    def verdict(self) -> SweepVerdict | None:
        """The verdict on the chosen sweep."""
        return next((each for each in self._verdicts if each.sweep == self.sweep.name), None)

    @cached_property
    def answers(self) -> dict[str, AnswersInfo]:
        """Answers by sweep; empty under an earlier analysis."""
        claim = self.detail.spec.claim
        return {v.sweep: info for v in self._verdicts if (info := answers_info(v, claim)) is not None}

    @cached_property
    def paired(self) -> PairedInfo:
        """Paired differences of the chosen sweep."""
        return paired_info(self.verdict)

    @cached_property
    def drift(self) -> tuple[LossDrift, ...]:
        """Where the optimum lies in each context, a table per loss."""
        return drift_table(self.cached.verdict) if self.cached else ()

    @cached_property
    def moves(self) -> DriftLead | None:
        """Whether the optimum moves between contexts; None of one context, and while there is no verdict to tell."""
        if self.cached is None or self.standing is not None:
            return None
        return drift_lead(self.cached.verdict, self.detail.spec.claim)

    @cached_property
    def trends(self) -> tuple[LossTrend, ...]:
        """How the optimum moves with each numeric axis, a table per loss."""
        return trend_table(self.cached.verdict.trends, self.detail.spec.axes) if self.cached else ()

    @cached_property
    def slope(self) -> str:
        """Which slope the chosen sweep's ridge has, "" where unknown."""
        return slope_reading(self.verdict.ridge_slope, self.detail.spec.claim) if self.verdict else ""

    @cached_property
    def nearness(self) -> str:
        """Whose optimum lies nearer to the claim, "" where unknown."""
        return nearness_reading(self.cached.verdict.nearness) if self.cached else ""

    @property
    def _verdicts(self) -> tuple[SweepVerdict, ...]:
        return self.cached.verdict.sweeps if self.cached else ()

    @property
    def lead(self) -> Sentence:
        """The verdict's sentence by its parts; all of them empty while there is none."""
        return parts_of(self.cached.verdict) if self.cached else Sentence("", "")

    @property
    def about(self) -> str:
        """What the verdict's word is about: the claim, the loss, and the context where there are several."""
        own = leading(self._verdicts, self.detail.spec.claim.primary_loss)
        if own is None:
            return self.lead.about
        spec = self.detail.spec
        place = f", {shown_context(spec, own.context)}" if len(spec.contexts) > 1 else ""
        return f"{spec.claim.heading}, under {phrase(own.loss)}{place}"

    @property
    def rest(self) -> str:
        """What the verdict's sentence says beyond its main part, without what the lines of the statements say."""
        return " ".join(part for part in self.lead.more if not (self.lead_answers and part.startswith(OPENINGS)))

    @property
    def lead_answers(self) -> AnswersInfo | None:
        """The answers of the sweep that is the study's own; None where there is none, or under an earlier analysis."""
        found = leading(self._verdicts, self.detail.spec.claim.primary_loss)
        return None if found is None else self.answers.get(found.sweep)

    @property
    def again(self) -> str:
        """The mark of a verdict by another analysis than the document's; "" where it is the document's own."""
        return (
            again_caution(self.cached.verdict.analysis_version, self.detail.spec.analysis_version)
            if self.cached
            else ""
        )

    @property
    def caution(self) -> str:
        """Caution about a verdict by another objective than the claim's; "" where it is the claim's."""
        claimed = self.detail.spec.claim.objective
        return exploratory(self.objective or claimed, claimed)

    @property
    def expected(self) -> str:
        """The study's runs in all; "at most" while its confirmation may still end early."""
        return bounded(self.detail.summary.runs_expected, self.detail.may_end_early)

    @property
    def share(self) -> float:
        """Percentage of the study's runs that are done."""
        summary = self.detail.summary
        return 100.0 * min(summary.runs_done / max(summary.runs_expected, 1), 1.0)

    @property
    def runs_to_decide(self) -> int:
        """Runs that further looks are expected to take until every sweep is decided; 0 if none would help."""
        return sum(runs_to_decide(self.detail.spec, self.cached.verdict).values()) if self.cached else 0

    @property
    def expects_decision(self) -> bool:
        """True where the forecast expects an extension to decide a sweep, not merely does not rule it out."""
        return any(each.needed is not None and each.needed.by_extension for each in self._verdicts)

    @property
    def has_axis(self) -> bool:
        """True where contexts of the study form an axis."""
        return bool(numeric_axes(self.detail.spec.contexts))

    @property
    def panels(self) -> tuple[str, ...]:
        """The answer as a picture, an SVG element per parameter; none where no optimum is located."""
        return answer_panels(info) if (info := self._drift) else ()

    @property
    def oblique(self) -> tuple[str, ...]:
        """Why an optimum is not at the claim although each of its ranges covers it; none where that is not so."""
        return oblique(info) if (info := self._drift) else ()

    @property
    def _drift(self) -> DriftInfo | None:
        if not self.cached:
            return None
        spec = self.detail.spec
        return drift_info(self._verdicts, spec.claim, self.detail.widest_space, shown_contexts(spec))

    @property
    def figures(self) -> str:
        """Address of several figures of the chosen sweep, which lacks their names."""
        return f"/api/v1/studies/{self.detail.summary.name}/figures?{self._chosen}"

    def figure(self, kind: str) -> str:
        """Address of a figure of the chosen sweep."""
        return f"/api/v1{self.figure_page(kind)}"

    def figure_page(self, kind: str) -> str:
        """Address of the page of a figure of the chosen sweep."""
        return f"/studies/{self.detail.summary.name}/figures/{kind}?{self._chosen}"

    @property
    def _chosen(self) -> str:
        """Sweep and objective as part of an address."""
        return urlencode({"sweep": self.sweep.name, **({"objective": self.objective} if self.objective else {})})

    @property
    def further(self) -> tuple[tuple[str, str], ...]:
        """Figures that the page shows folded, each with how to read it."""
        return tuple((kind, NOTES[kind]) for kind in FURTHER)

    def title(self, kind: str) -> str:
        """Title of a figure."""
        return title_of(kind, self.detail.spec.axes)

    def note(self, kind: str) -> str:
        """How to read a figure."""
        return NOTES[kind]


def study_view(
    db: Database,
    detail: StudyDetail,
    *,
    cached: CachedVerdict | None,
    sweep: str | None,
    objective: Objective | None,
    sort: Sort,
    phase: Phase | None,
    state: TrialState | None,
    cursor: str | None,
) -> StudyView:
    """Read for a study's page what `detail` does not hold; the detail, too, if the verdict is of a later revision.

    Raises:
        StudyNotFoundError: there is no such study, or it has no such sweep.
        StorageUnavailableError: the database cannot be reached.
    """
    name = detail.summary.name
    if cached is not None and cached.revision > detail.summary.revision:
        detail = overview.get(db, name)
    chosen = choose_sweep(detail, sweep)
    alive = [w for w in workers.list_workers(db) if w.alive]
    decided = cached is not None and cached.verdict.outcome.decides
    where = standing(detail, alive, decided=decided)
    listed = partial(listing.trials_page, db, name, sweep=chosen.name, phase=phase, state=state, sort=sort)
    return StudyView(
        detail=detail,
        cached=cached,
        sweep=chosen,
        standing=where,
        forecast=() if where else _forecast(detail, cached, alive),
        listed=partial(listed, limit=TRIALS_PER_PAGE, cursor=cursor),
        workers=tuple(w for w in alive if w.study == name),
        objective=objective,
        sort=sort,
        phase=phase,
        state=state,
        cursor=cursor,
        final=detail.summary.state in FINAL_STATES,
        among_all=overview.stamp_among_all(db, name),
    )


def _forecast(detail: StudyDetail, cached: CachedVerdict | None, alive: Sequence[WorkerRow]) -> tuple[str, ...]:
    if cached is None:
        return ()
    found = forecast(detail.spec, cached.verdict, throughput_of(alive))
    lines = forecast_lines(found, partial(_named, detail))
    return tuple(f"{line[:1].upper()}{line[1:]}" for line in lines)


def _named(detail: StudyDetail, sweep: str) -> str:
    """A sweep in words: its loss, and its context where the study has several."""
    loss, _, context = sweep.partition("@")
    several = len(detail.spec.contexts) > 1
    return f"{label(loss)}, {shown_context(detail.spec, context)}" if several else label(loss)


def _bar(progress: PhaseProgress) -> Bar:
    lost = progress.failed + progress.cancelled
    total = progress.waiting + progress.running + progress.complete + lost
    unit = 100.0 / max(total, 1)
    return Bar(progress, total, progress.complete * unit, progress.running * unit, lost * unit)
