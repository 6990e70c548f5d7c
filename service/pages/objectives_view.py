"""The data of the page that compares all objectives, with a gap for each that is still being judged."""

from __future__ import annotations

import time
from dataclasses import dataclass

from service.schemas import ObjectiveVerdict, SweepAnswer
from service.verdicts.cache import VerdictCache
from service.verdicts.late import TIMEOUT_SECONDS, LateVerdicts
from service.verdicts.objectives import (
    cache_argument,
    in_order,
    objective_verdict,
)
from studies.storage import overview
from studies.storage.engine import Database
from studies.storage.read_models import StudyDetail


@dataclass(frozen=True, slots=True)
class ObjectivesView:
    """A study by every objective, the claim's own first; None for one that is still being judged."""

    detail: StudyDetail
    objectives: tuple[str, ...]
    verdicts: tuple[ObjectiveVerdict | None, ...]
    stamp: tuple[object, ...]

    @property
    def pending(self) -> int:
        """The number of objectives that are still being judged."""
        return sum(found is None for found in self.verdicts)

    @property
    def rows(self) -> tuple[tuple[SweepAnswer, tuple[SweepAnswer | None, ...]], ...]:
        """Per sweep: its names, and its outcome by each objective."""
        done = next((found for found in self.verdicts if found is not None), None)
        return tuple(
            (sweep, tuple(None if found is None else found.sweeps[i] for found in self.verdicts))
            for i, sweep in enumerate(done.sweeps if done is not None else ())
        )


def objectives_view(db: Database, name: str, *, cache: VerdictCache, late: LateVerdicts) -> ObjectivesView:
    """Ask for every objective, and wait for all of them no longer than for one.

    Raises:
        StudyNotFoundError: there is no such study.
        StorageUnavailableError: the database cannot be reached.
    """
    detail = overview.get(db, name)
    claimed = detail.spec.claim.objective
    order = in_order(claimed)
    end = time.monotonic() + TIMEOUT_SECONDS
    found = [
        late.verdict(cache, name, cache_argument(objective, claimed), timeout=max(end - time.monotonic(), 0.0))
        for objective in order
    ]
    verdicts = (
        None if cached is None else objective_verdict(cached, objective, claimed)
        for cached, objective in zip(found, order, strict=True)
    )
    stamp = (detail.summary.revision, *(None if cached is None else cached.revision for cached in found))
    return ObjectivesView(detail, order, tuple(verdicts), stamp)
