"""A study as its report states it, in the shape in which a database gives one: for pages of published results."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from studies.language.spec import restored
from studies.records import StudyState
from studies.report.sweeps import sweep_summary
from studies.storage.read_models import StudyDetail, StudySummary, SweepSummary


def stated_detail(report: Mapping[str, Any]) -> StudyDetail:
    """The study of a report; its number and revision are 0, since it is in no database.

    Args:
        report: what `studies.report.document` made.

    Raises:
        SpecError, LookupError, TypeError, ValueError: the report is damaged.
    """
    spec = restored(report["spec"])
    sweeps = tuple(sweep_summary(spec, sweep) for sweep in report["sweeps"])
    summary = StudySummary(
        id=0,
        name=spec.name,
        title=spec.title,
        state=StudyState(report["state"]),
        revision=0,
        claim_hash=report["claim_hash"],
        spec_hash=report["spec_hash"],
        created_at=datetime.fromisoformat(report["submitted_at"]),
        started_at=None,
        finished_at=None,
        runs_expected=_counted(sweeps, "runs_planned"),
        runs_done=_counted(sweeps, "runs_done"),
        runs_diverged=_counted(sweeps, "diverged"),
        trials_running=0,
        trials_failed=_counted(sweeps, "failed"),
        note="",
    )
    return StudyDetail(summary=summary, spec=spec, sweeps=sweeps)


def _counted(sweeps: tuple[SweepSummary, ...], what: str) -> int:
    return sum(int(getattr(phase, what)) for sweep in sweeps for phase in sweep.phases)
