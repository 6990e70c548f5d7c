"""Rows and report of a sweep that was planned and kept without a service: what `golden verify` can check."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from studies.external.measured import own_measure, run_row
from studies.external.wanted import Wanted, summary_so_far, verdict_so_far
from studies.language.spec import StudySpec
from studies.records import ReportedRun, Runs, StudyState
from studies.report.document import build_report
from studies.storage.read_models import StudyDetail, StudySummary


def own_report(spec: StudySpec, runs: Runs, found: Wanted, *, begun: datetime) -> dict[str, Any]:
    """The report of a sweep, as of a stored study.

    Args:
        spec: the study.
        runs: of its one sweep, in order, as planned.
        found: its plan.
        begun: when its first trial began, with a time zone.
    """
    sweep = summary_so_far(spec, runs, found)
    detail = StudyDetail(_summary(spec, runs, found, begun), spec, (sweep,))
    return build_report(detail, {sweep.name: runs}, verdict_so_far(spec, runs, found))


def own_rows(spec: StudySpec, runs: Runs, found: Wanted) -> list[dict[str, Any]]:
    """One mapping for each run: what it was planned to be, and its result (None where it broke without a value)."""
    measure, rows = own_measure(spec), []
    for i in range(len(runs)):
        number, run = int(runs.trial[i]), int(runs.run[i])
        plan, value = found.plans[number], float(runs.value[i])
        place = {"trial": number, "run": run, "phase": plan.phase.value, "arm": str(plan.arm), "block": plan.block}
        point = float(runs.eta[i]), float(runs.alpha[i])
        result = ReportedRun(None if math.isnan(value) else value, bool(runs.diverged[i]))
        rows.append(run_row(spec, measure, plan.replicates[run], point, result, **place))
    return rows


def _summary(spec: StudySpec, runs: Runs, found: Wanted, begun: datetime) -> StudySummary:
    failed, state = len(found.given_up), StudyState.COMPLETE if found.finished else StudyState.RUNNING
    return StudySummary(
        id=0,
        name=spec.name,
        title=spec.title,
        state=StudyState.FAILED if found.has_failed else state,
        revision=0,
        claim_hash=spec.claim_hash,
        spec_hash=spec.spec_hash,
        created_at=begun,
        started_at=begun,
        finished_at=None,
        runs_expected=sum(len(plan.replicates) for plan in found.plans),
        runs_done=len(runs),
        runs_diverged=int(runs.diverged.sum()),
        trials_running=0,
        trials_failed=failed,
        note="",
    )
