"""Studies as a database gives them, made up: phases, sweeps and counts, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from studies.language.design import LocateDesign
from studies.language.spec import StudySpec
from studies.records import StudyState
from studies.storage.read_models import PhaseProgress, StudyDetail, StudySummary, SweepSummary

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SUMMARY = StudySummary(
    id=1,
    name="small",
    title="",
    state=StudyState.RUNNING,
    revision=1,
    claim_hash="",
    spec_hash="",
    created_at=NOW,
    started_at=NOW,
    finished_at=None,
    runs_expected=200,
    runs_done=0,
    runs_diverged=0,
    trials_running=0,
    trials_failed=0,
    note="",
)


def phase(name: str, planned: int, done: int = 0, **causes: int) -> PhaseProgress:
    return PhaseProgress(name, planned - done, 0, done, 0, 0, planned, done, sum(causes.values()), causes)


def sweep(name: str, *phases: PhaseProgress, done: tuple[str, ...] = (), rounds: int = 0) -> SweepSummary:
    loss, _, context = name.partition("@")
    return SweepSummary(1, name, loss, context, phases, done, None, rounds)


def study(*sweeps: SweepSummary, spec: StudySpec | None = None, **summary: object) -> StudyDetail:
    spec = spec or StudySpec(name="small", design=LocateDesign(map_points=60))
    return StudyDetail(replace(SUMMARY, **summary), spec, sweeps)  # type: ignore[arg-type]
