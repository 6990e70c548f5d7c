"""The evidence in a report's own rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from studies.evidence import evidence
from studies.language.spec import StudySpec
from studies.report.columns import runs_of
from studies.storage.read_models import PhaseProgress, SweepSummary
from studies.verdict.model import Evidence, StudyVerdict


def evidence_in(spec: StudySpec, report: Mapping[str, Any]) -> list[Evidence]:
    """The evidence of every sweep in a report, for the claim's own objective.

    Raises:
        LookupError, TypeError, ValueError: the report is damaged.
    """
    return [evidence_of(spec, sweep) for sweep in report["sweeps"]]


def evidence_of(spec: StudySpec, sweep: Mapping[str, Any]) -> Evidence:
    """`evidence_in` of one sweep, as a report states it."""
    runs = runs_of(sweep["runs"], spec.axes_in(sweep["context"]).names)
    return evidence(spec, sweep_summary(spec, sweep), runs)


def judged_evidence(spec: StudySpec, sweep: Mapping[str, Any], verdict: StudyVerdict) -> Evidence:
    """The evidence of one sweep of a report, as its verdict was given it: by the verdict's objective and analysis.

    Args:
        spec: the report's document, restored.
        sweep: one of the report's sweeps.
        verdict: the report's, restored.

    Raises:
        LookupError, TypeError, ValueError: the report is damaged.
    """
    return replace(evidence_of(spec, sweep), objective=verdict.objective, analysis=verdict.analysis_version)


def sweep_summary(spec: StudySpec, sweep: Mapping[str, Any]) -> SweepSummary:
    """A sweep as a report states it; `id` is 0, since it is in no database.

    Raises:
        LookupError, TypeError, ValueError: the report is damaged.
    """
    return SweepSummary(
        id=0,
        name=sweep["name"],
        loss=sweep["loss"],
        context=sweep["context"],
        phases=tuple(PhaseProgress(**phase) for phase in sweep["phases"]),
        phases_done=tuple(sweep["phases_done"]),
        best=None,
        rounds=sweep["rounds"],
        space=None if sweep["space"] is None else spec.space.stored(sweep["space"]),
    )
