"""Which studies wait for somebody who trains them, and for whom: our own workers, or a program of the user's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from studies.storage import external, waiting, workers
from studies.storage.engine import Database
from studies.storage.read_models import StudySummary


@dataclass(frozen=True, slots=True)
class Idle:
    """Names of studies with waiting trials that nobody trains at present."""

    built_in: tuple[str, ...]  # wait for `golden worker`
    own: tuple[str, ...]  # wait for a program of the user's


def idle_studies(db: Database, shown: Iterable[StudySummary]) -> Idle:
    """Those of the shown studies that wait while nobody trains them; studies that are over never do.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    ours = set() if workers.count_alive(db) else {each.study for each in waiting.waiting_studies(db)}
    theirs = external.waiting(db)
    items = tuple(shown)
    return Idle(
        built_in=tuple(s.name for s in items if s.name in ours),
        own=tuple(s.name for s in items if s.name in theirs and not s.trials_running),
    )
