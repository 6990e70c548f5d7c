"""From stored rows to a verdict and a report: reads, then calls pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studies.claim import Objective
from studies.evidence import evidence
from studies.records import Runs
from studies.storage import results, studies
from studies.storage.engine import Database
from studies.storage.records import StudyDetail
from studies.verdict.decide import decide_study
from studies.verdict.records import StudyVerdict


def judge(db: Database, study: str, objective: Objective | None = None) -> StudyVerdict:
    """The study's verdict on everything measured so far, for the claim's objective or another.

    Raises:
        StudyNotFoundError: there is no such study.
        StorageUnavailableError: the database cannot be reached.
    """
    detail = studies.get(db, study)
    return verdict_on(detail, _runs_of(db, detail), objective)


def report(db: Database, study: str) -> dict[str, Any]:
    """The study's report: verdict, rows and everything needed to recompute it; same errors as `judge`."""
    from studies.report import build_report  # brings Plotly, which verdicts alone do without

    detail = studies.get(db, study)
    runs = _runs_of(db, detail)
    return build_report(detail, runs, verdict_on(detail, runs))


def verdict_on(detail: StudyDetail, runs: Mapping[str, Runs], objective: Objective | None = None) -> StudyVerdict:
    """The verdict on given runs, by sweep name; pure."""
    found = [evidence(detail.spec, sweep, runs[sweep.name]) for sweep in detail.sweeps]
    return decide_study(detail.spec.name, detail.spec.claim_hash, found, objective)


def _runs_of(db: Database, detail: StudyDetail) -> dict[str, Runs]:
    return {sweep.name: results.runs(db, detail.spec.name, sweep.name) for sweep in detail.sweeps}
