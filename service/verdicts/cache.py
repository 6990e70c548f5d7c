"""Verdicts kept ready: one per study, revision and objective, and no more work on a running study than it is worth."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from studies.judgement import judge, report, runs_of
from studies.language.claim import Objective
from studies.records import FINAL_STATES
from studies.report.document import build_report
from studies.storage import overview
from studies.storage.engine import Database
from studies.verdict.records import StudyVerdict

KEPT = 256  # verdicts
REST = 5.0  # a running study is judged again after at least so many times as long as judging it took
_LOCKS = 16


@dataclass(frozen=True, slots=True)
class DatedVerdict:
    """A verdict and the revision of the study that it is about."""

    verdict: StudyVerdict
    study: int  # its id: another study may have its name by now
    revision: int
    seconds: float  # it took
    at: float  # monotonic


class Judge:
    """Gives verdicts. Of several callers who want the same one, one computes and the others wait."""

    def __init__(self, db: Database, *, measured: Callable[[float], object] = lambda _: None) -> None:
        self._db = db
        self._measured = measured  # is told the seconds that each judging took
        self._kept: OrderedDict[tuple[str, Objective | None], DatedVerdict] = OrderedDict()
        self._lock = threading.Lock()
        self._benches = [threading.Lock() for _ in range(_LOCKS)]

    def verdict(self, name: str, objective: Objective | None = None) -> DatedVerdict:
        """The verdict on a study; on a running one it may lag behind by a few times what judging costs.

        Raises:
            StudyNotFoundError: there is no such study.
            StorageUnavailableError: the database cannot be reached.
        """
        study, revision = overview.stamp(self._db, name)
        key = (name, objective)
        with self._benches[hash(key) % _LOCKS]:
            last = self._last(key)
            if last is not None and self._still_good(name, last, study, revision):
                return last
            started = time.monotonic()
            found = judge(self._db, name, objective)
            ended = time.monotonic()
            self._measured(ended - started)
            return self._keep(key, DatedVerdict(found, study, revision, ended - started, ended))

    def due(self, name: str, objective: Objective | None = None) -> int:
        """The revision of the verdict that `verdict` would give now; judges nothing. Same errors."""
        study, revision = overview.stamp(self._db, name)
        last = self._last((name, objective))
        return last.revision if last is not None and self._still_good(name, last, study, revision) else revision

    def report(self, name: str) -> dict[str, Any]:
        """The study's report; same errors as `verdict`.

        A final study's rows change no more, so its report is made with the verdict at hand. On a running study verdict
        and rows must be read together.
        """
        detail = overview.get(self._db, name)
        if detail.summary.state in FINAL_STATES:
            judged = self.verdict(name)
            if judged.revision == detail.summary.revision:
                return build_report(detail, runs_of(self._db, detail), judged.verdict)
        return report(self._db, name)

    def _last(self, key: tuple[str, Objective | None]) -> DatedVerdict | None:
        with self._lock:
            return self._kept.get(key)

    def _still_good(self, name: str, last: DatedVerdict, study: int, revision: int) -> bool:
        if last.study != study:
            return False
        if last.revision == revision:
            return True
        young = time.monotonic() - last.at < REST * last.seconds
        return young and last.revision < revision and overview.get(self._db, name).summary.state not in FINAL_STATES

    def _keep(self, key: tuple[str, Objective | None], judged: DatedVerdict) -> DatedVerdict:
        with self._lock:
            self._kept[key] = judged
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return judged
