"""The data of the page that shows two to six studies side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from urllib.parse import urlencode

from service.schemas import study_name
from service.verdicts.cache import CachedVerdict
from studies.errors import Problem, SpecError, StudyNotFoundError
from studies.figures.answers_table import answers_info
from studies.figures.drift import drift_info
from studies.figures.statements import StatementLine
from studies.figures.studies_picture import StudyOptima, studies_panels
from studies.language.differing import Difference, differences
from studies.language.trained_words import shown_contexts
from studies.storage import overview
from studies.storage.engine import Database
from studies.storage.read_models import StudyDetail
from studies.verdict.leading import leading
from studies.verdict.model import Sentence, SweepVerdict, parts_of

FEWEST, MOST = 2, 6
MOST_ROWS = 12  # of the picture; beyond them each study shows its leading sweep alone
MOST_DIFFERENCES = 30
ASIDE = ("name", "title", "description", "priority")  # differ without bearing on the question
Judge = Callable[[str], CachedVerdict | None]


@dataclass(frozen=True, slots=True)
class ComparedStudy:
    """One of the studies; `cached` is None while its verdict is still being made."""

    detail: StudyDetail
    cached: CachedVerdict | None

    @property
    def name(self) -> str:
        """The study's title, or its name."""
        return self.detail.spec.title or self.detail.summary.name

    @property
    def told(self) -> bool:
        """True where there is a verdict that may be told."""
        return self.cached is not None and self.detail.summary.tells(decided=self.cached.verdict.outcome.decides)

    @property
    def lead(self) -> SweepVerdict | None:
        """The sweep that is the study's own."""
        return leading(self.cached.verdict.sweeps, self.detail.spec.claim.primary_loss) if self.cached else None

    @property
    def sentence(self) -> Sentence:
        """The verdict's sentence by its parts."""
        return parts_of(self.cached.verdict) if self.cached else Sentence("", "")

    @property
    def statements(self) -> tuple[StatementLine, ...]:
        """The three statements; none under an earlier analysis."""
        info = answers_info(self.lead, self.detail.spec.claim)
        return () if info is None else info.lines


@dataclass(frozen=True, slots=True)
class StudiesView:
    """The studies in the order of the address."""

    studies: tuple[ComparedStudy, ...]
    panels: tuple[str, ...]
    apart: str  # why the optima are not drawn together; "" where they are
    differences: tuple[Difference, ...]
    unlisted: int
    stamp: tuple[object, ...]

    def without(self, name: str) -> str:
        """The address without a study; "" where fewer than two would be left."""
        rest = [s.detail.summary.name for s in self.studies if s.detail.summary.name != name]
        return "?" + urlencode([("study", each) for each in rest]) if len(rest) >= FEWEST else ""


def studies_view(db: Database, names: Sequence[str], judge: Judge) -> StudiesView:
    """Read the studies for their page.

    Args:
        db: where they are.
        names: of the studies, each once.
        judge: gives a study's verdict, None where it takes too long.

    Raises:
        SpecError: too few or too many names, or a study without a claim's verdict.
        StudyNotFoundError: some name no study has.
        StorageUnavailableError: the database cannot be reached.
    """
    chosen = list(dict.fromkeys(names))
    if not FEWEST <= len(chosen) <= MOST:
        text = f"name two to six studies, such as /compare?study=one&study=other; these are {len(chosen)}"
        raise SpecError([Problem("study", text)])
    details = _details(db, chosen)
    _require_verdicts(details)
    studies = tuple(ComparedStudy(detail, judge(detail.summary.name)) for detail in details)
    together = all(detail.spec.axes == details[0].spec.axes for detail in details)
    found = tuple(d for d in differences([detail.spec for detail in details]) if d.path not in ASIDE)
    return StudiesView(
        studies=studies,
        panels=studies_panels(_optima(studies)) if together else (),
        apart="" if together else "Their parameters differ, so their optima do not lie on common scales.",
        differences=found[:MOST_DIFFERENCES],
        unlisted=max(len(found) - MOST_DIFFERENCES, 0),
        stamp=tuple((s.detail.summary.id, s.detail.summary.revision, s.cached and s.cached.revision) for s in studies),
    )


def _require_verdicts(details: Sequence[StudyDetail]) -> None:
    for detail in details:
        spec = detail.spec
        if spec.compares or spec.tabulates:
            what = "arms" if spec.compares else "given points"
            text = f"{spec.name} compares {what}, and states no verdict on a claim; look at its own page instead"
            raise SpecError([Problem("study", text)])


def _details(db: Database, names: Sequence[str]) -> list[StudyDetail]:
    found, unknown = [], []
    for name in names:
        try:
            found.append(overview.get(db, study_name(name)))
        except StudyNotFoundError:
            unknown.append(repr(name[:63]))
    if unknown:
        raise StudyNotFoundError(f"no study is called {' or '.join(unknown)}; take names from the list of studies")
    return found


def _optima(studies: Sequence[ComparedStudy]) -> list[StudyOptima]:
    """Every sweep's optimum, or the leading one's where they would be too many, on one scale."""
    widest = reduce(lambda one, other: one.joined(other), [study.detail.widest_space for study in studies])
    count = sum(len(study.cached.verdict.sweeps) for study in studies if study.cached)
    made, names = [], [study.name for study in studies]
    for study in studies:
        spec = study.detail.spec
        every = study.cached.verdict.sweeps if study.cached else ()
        shown = every if count <= MOST_ROWS else tuple(s for s in (study.lead,) if s is not None)
        info = drift_info(shown, spec.claim, widest, shown_contexts(spec))
        is_alone = names.count(study.name) == 1
        made.append(StudyOptima(study.name if is_alone else study.detail.summary.name, info))
    return made
