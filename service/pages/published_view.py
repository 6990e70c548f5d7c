"""The data of the page of a published result, made from its report; nothing of it is in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from service.figure_data import choose_sweep
from service.pages.study_view import StudyView
from service.verdicts.cache import CachedVerdict
from studies.comparison.exchange import from_json as comparison_from
from studies.figures.book import landscape_of
from studies.figures.landscape_picture import LandscapeShown, landscape_shown
from studies.language.compare import CompareDesign
from studies.language.objective_names import objective_label
from studies.report.compared_page import Answer, arm_answer
from studies.report.figures import figure_data
from studies.report.stated import stated_detail
from studies.report.table1_page import PointsTable, reported_points
from studies.storage.read_models import Page, StudyDetail
from studies.verdict.exchange import from_json
from studies.verdict.leading import leading
from studies.verdict.model import Sentence


@dataclass(frozen=True)
class PublishedView(StudyView):
    """A study with a verdict as its page shows it, from its report instead of a database."""

    address: str = ""  # of the page

    @property
    def lead(self) -> Sentence:
        """What decided: the first reason of the study's own sweep, since a report has its sentence as one text."""
        verdict = self.cached.verdict if self.cached else None
        own = verdict and leading(verdict.sweeps, self.detail.spec.claim.primary_loss)
        if not own or not own.reasons:
            return Sentence("", verdict.sentence if verdict else "")
        return Sentence("", own.reasons[0].text)

    def figure(self, kind: str) -> str:
        """Address of a figure of the chosen sweep."""
        return f"{self.address}/figures/{kind}?{urlencode({'sweep': self.sweep.name})}"


@dataclass(frozen=True, slots=True)
class Published:
    """What the template needs.

    Attributes:
        name: of the report, and in the page's address.
        detail: the study as its report states it.
        judged: where the design locates an optimum; else None.
        answers: of a comparison, one for each loss.
        arms: that are compared, and runs of each.
        table: of a cross-validation; else None.
        has_picture: whether there is an answer that a picture shows.
    """

    name: str
    detail: StudyDetail
    judged: PublishedView | None
    answers: tuple[Answer, ...]
    arms: tuple[int, int]
    table: PointsTable | None

    @property
    def address(self) -> str:
        """Of the page."""
        return address_of(self.name)

    @property
    def has_picture(self) -> bool:
        """True where there is an answer that a picture shows."""
        return bool(self.answers or self.table or (self.judged and self.judged.panels))

    @property
    def judged_by(self) -> str:
        """The objective in words."""
        return objective_label(self.detail.spec.judged_by)


def address_of(name: str) -> str:
    """Address of the page of a published result."""
    return f"/published/{name}"


def published_landscape(report: Mapping[str, Any], view: PublishedView) -> LandscapeShown:
    """The landscape of the chosen sweep, or why there is none.

    Args:
        report: its values.
        view: what the page shows of it.
    """
    spec, verdict = view.detail.spec, from_json(report["verdict"])
    index = [sweep["name"] for sweep in report["sweeps"]].index(view.sweep.name)
    return landscape_shown(landscape_of(figure_data(report, spec, verdict, index)))


def published_view(name: str, report: Mapping[str, Any], sweep: str | None) -> Published:
    """Read a report for its page.

    Args:
        name: of the report.
        report: its values.
        sweep: that is shown in detail; None: the first.

    Raises:
        StudyNotFoundError: the report has no such sweep.
    """
    detail = stated_detail(report)
    design = detail.spec.design
    answers: tuple[Answer, ...] = ()
    arms = (0, 0)
    if isinstance(design, CompareDesign):
        found = comparison_from(report["comparison"])
        answers = tuple(arm_answer(found, loss) for loss in detail.spec.losses)
        arms = (len(design.arms), found.runs)
    return Published(
        name=name,
        detail=detail,
        judged=_judged(name, detail, report, sweep) if design.kind == "locate" else None,
        answers=answers,
        arms=arms,
        table=reported_points(detail, report),
    )


def _judged(name: str, detail: StudyDetail, report: Mapping[str, Any], sweep: str | None) -> PublishedView:
    verdict = from_json(report["verdict"])
    return PublishedView(
        detail=detail,
        cached=CachedVerdict(verdict, study=0, revision=0, seconds=0.0, at=0.0),
        sweep=choose_sweep(detail, sweep),
        standing=None,
        forecast=(),
        listed=lambda: Page((), None),
        workers=(),
        objective=None,
        sort="number",
        phase=None,
        state=None,
        cursor=None,
        final=True,
        among_all=(0, 0, 0),
        address=address_of(name),
    )
