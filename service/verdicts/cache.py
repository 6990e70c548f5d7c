"""A cache of verdicts: one per study, revision, objective and analysis.

A running study changes with every run. Its verdict is renewed at a pace at which judging takes a small share of the
time. The verdict on an ended study is stored in the database as well (`stored`), so that a restart makes none anew.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from service.verdicts.stored import StoredVerdicts
from studies.judgement import judged, report, runs_of
from studies.language.claim import Objective
from studies.records import FINAL_STATES
from studies.report.document import build_report
from studies.storage import overview
from studies.storage.engine import Database
from studies.storage.read_models import StudyDetail, StudySummary
from studies.verdict.model import StudyVerdict

CAPACITY = 256  # verdicts
Key = tuple[str, Objective | None, int | None]  # study, objective and analysis, None where they are the document's own
REST = 5.0  # a running study is judged again after this multiple of the time that judging it took
_LOCKS = 16


@dataclass(frozen=True, slots=True)
class CachedVerdict:
    """A verdict and the revision of the study that it is about."""

    verdict: StudyVerdict
    study: int  # its id: another study may have its name by now
    revision: int
    seconds: float  # that judging, or reading it, took
    at: float  # when it was made, on the monotonic clock


class VerdictCache:
    """Makes and keeps verdicts. Asked for one, it looks in its memory, then in the database, then it judges.

    Of several callers who want the same one, one computes and the others wait.

    Args:
        db: where the studies are.
        on_judged: called with the seconds that each judging took.
    """

    def __init__(self, db: Database, *, on_judged: Callable[[float], object] = lambda _: None) -> None:
        self._db = db
        self._on_judged = on_judged
        self._stored = StoredVerdicts(db)
        self._kept: OrderedDict[Key, CachedVerdict] = OrderedDict()
        self._lock = threading.Lock()
        self._builders = [threading.Lock() for _ in range(_LOCKS)]

    def verdict(self, name: str, objective: Objective | None = None, analysis: int | None = None) -> CachedVerdict:
        """The verdict on a study; on a running study it may lag behind by a few times what judging costs.

        Args:
            name: the study.
            objective: what to judge by; None for the claim's own.
            analysis: version to judge under; None for the document's own. Others are not stored.

        Raises:
            StudyNotFoundError: there is no such study.
            StorageUnavailableError: the database cannot be reached.
        """
        study, revision = overview.stamp(self._db, name)
        key = (name, objective, analysis)
        with self._builders[hash(key) % _LOCKS]:
            last = self._last(key)
            if last is not None and self._still_good(name, last, study, revision):
                return last
            started = time.monotonic()
            stored = self._stored.find(name, study, revision, objective) if analysis is None else None
            found = stored or self._judge(name, objective, analysis)
            ended = time.monotonic()
            return self._keep(key, CachedVerdict(found, study, revision, ended - started, ended))

    def kept(self, name: str, objective: Objective | None, seen: StudySummary | None = None) -> CachedVerdict | None:
        """What `verdict` would give now, if it is kept; waits for nobody and judges nothing. Same errors.

        Args:
            name: the study.
            objective: what to judge by; None for the claim's own.
            seen: the study as it was read just now, so that the database need not be asked.
        """
        study, revision = (seen.id, seen.revision) if seen else overview.stamp(self._db, name)
        return self._kept_at(name, objective, study, revision)

    def with_detail(self, name: str, objective: Objective | None = None) -> tuple[StudyDetail, CachedVerdict]:
        """The study with its verdict, of which it is never an earlier revision; same errors as `verdict`."""
        detail = overview.get(self._db, name)
        kept = self.kept(name, objective, detail.summary)
        if kept is not None:
            return detail, kept
        judged_now = self.verdict(name, objective)
        return overview.get(self._db, name), judged_now

    def due(self, name: str, objective: Objective | None = None) -> int:
        """The revision of the verdict that `verdict` would give now; judges nothing. Same errors."""
        study, revision = overview.stamp(self._db, name)
        last = self._kept_at(name, objective, study, revision)
        return last.revision if last is not None else revision

    def _kept_at(self, name: str, objective: Objective | None, study: int, revision: int) -> CachedVerdict | None:
        last = self._last((name, objective, None))
        return last if last is not None and self._still_good(name, last, study, revision) else None

    def report(self, name: str) -> dict[str, Any]:
        """The study's report; same errors as `verdict`.

        The rows of a final study no longer change, so its report is made with the cached verdict. On a running study
        verdict and rows must be read together.
        """
        detail = overview.get(self._db, name)
        if detail.summary.state in FINAL_STATES:
            cached = self.verdict(name)
            if cached.revision == detail.summary.revision:
                return build_report(detail, runs_of(self._db, detail), cached.verdict)
        return report(self._db, name)

    def _judge(self, name: str, objective: Objective | None, analysis: int | None) -> StudyVerdict:
        started = time.monotonic()
        detail, found = judged(self._db, name, objective, analysis)
        self._on_judged(time.monotonic() - started)
        if analysis is None and detail.summary.state in FINAL_STATES:
            self._stored.keep(detail.summary.id, detail.summary.revision, found)
        return found

    def _last(self, key: Key) -> CachedVerdict | None:
        with self._lock:
            return self._kept.get(key)

    def _still_good(self, name: str, last: CachedVerdict, study: int, revision: int) -> bool:
        if last.study != study:
            return False
        if last.revision == revision:
            return True
        young = time.monotonic() - last.at < REST * last.seconds
        return young and last.revision < revision and overview.get(self._db, name).summary.state not in FINAL_STATES

    def _keep(self, key: Key, made: CachedVerdict) -> CachedVerdict:
        with self._lock:
            self._kept[key] = made
            self._kept.move_to_end(key)
            while len(self._kept) > CAPACITY:
                self._kept.popitem(last=False)
        return made
