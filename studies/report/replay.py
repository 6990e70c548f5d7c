"""Checks a report's rows against the plan that its document and its own rows give, replayed step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from studies.language.phases import GROWING_PHASES
from studies.language.spec import StudySpec
from studies.plan.replay import departures, replayed_plans
from studies.records import TrialPlan
from studies.report.columns import runs_of
from studies.report.differences import MOST
from studies.report.progress import STATES
from studies.verdict.model import Evidence


def plans_of(spec: StudySpec, report: Mapping[str, Any], rows: Sequence[Evidence]) -> dict[str, list[TrialPlan]]:
    """The planned trials of every sweep, by its name, in the order of their numbers.

    Args:
        spec: the study.
        report: whose sweeps state how many trials each phase has.
        rows: evidence of every sweep, in the report's order.
    """
    return {
        sweep["name"]: replayed_plans(spec, spec.context_of(row.context), row, first_trials=_first_trials(sweep))
        for sweep, row in zip(report["sweeps"], rows, strict=True)
    }


def plan_differences(report: Mapping[str, Any], plans: Mapping[str, Sequence[TrialPlan]]) -> list[str]:
    """One line for each row that was not planned so; at most 20."""
    found = []
    for sweep in report["sweeps"]:
        path = f"sweeps.{sweep['name']}.runs"
        departed = departures(plans[sweep["name"]], runs_of(sweep["runs"]))
        found += [f"{path}.{one.column}.{one.row}: {one.text}" for one in departed]
    return found[:MOST]


def _first_trials(sweep: Mapping[str, Any]) -> int:
    return sum(phase[state] for phase in sweep["phases"] if phase["phase"] in GROWING_PHASES for state in STATES)
