"""What the page of all objectives shows: those that are judged, and a gap for each that is still being judged."""

from __future__ import annotations

import time
from dataclasses import dataclass

from service.schemas import ObjectiveVerdict, SweepAnswer
from service.verdicts.cache import Judge
from service.verdicts.late import SECONDS, Patience
from service.verdicts.objectives import answer, asked_for, in_order
from studies.storage import overview
from studies.storage.engine import Database
from studies.storage.records import StudyDetail


@dataclass(frozen=True, slots=True)
class ObjectivesView:
    """A study by every objective, the claim's own first; None stands for one in the making."""

    detail: StudyDetail
    objectives: tuple[str, ...]
    answers: tuple[ObjectiveVerdict | None, ...]
    stamp: tuple[object, ...]

    @property
    def pending(self) -> int:
        """Objectives still being judged."""
        return sum(found is None for found in self.answers)

    @property
    def rows(self) -> tuple[tuple[SweepAnswer, tuple[SweepAnswer | None, ...]], ...]:
        """Per sweep: how it is called, and its answer by each objective."""
        done = next((found for found in self.answers if found is not None), None)
        return tuple(
            (sweep, tuple(None if found is None else found.sweeps[i] for found in self.answers))
            for i, sweep in enumerate(done.sweeps if done is not None else ())
        )


def objectives_view(db: Database, name: str, *, judge: Judge, patience: Patience) -> ObjectivesView:
    """Ask for every objective, waiting no longer than for one.

    Raises:
        StudyNotFoundError: there is no such study.
        StorageUnavailableError: the database cannot be reached.
    """
    detail = overview.get(db, name)
    claimed = detail.spec.claim.objective
    order = in_order(claimed)
    end = time.monotonic() + SECONDS
    found = [
        patience.verdict(judge, name, asked_for(objective, claimed), seconds=max(end - time.monotonic(), 0.0))
        for objective in order
    ]
    answers = (
        None if judged is None else answer(judged, objective, claimed)
        for judged, objective in zip(found, order, strict=True)
    )
    stamp = (detail.summary.revision, *(None if judged is None else judged.revision for judged in found))
    return ObjectivesView(detail, order, tuple(answers), stamp)
