"""Checks a report's rows against the plan that its document and its own rows give, replayed step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from studies.language.phases import GROWING_PHASES, Phase
from studies.language.sizes import is_open_ended
from studies.language.spec import StudySpec
from studies.plan.replay import departures, replayed_plans
from studies.plan.rounds import next_round
from studies.records import StudyState, TrialPlan
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
        sweep["name"]: replayed_plans(
            spec,
            spec.context_of(row.context),
            row,
            first_trials=_first_trials(sweep),
            trials=_stated(spec, sweep),
        )
        for sweep, row in zip(report["sweeps"], rows, strict=True)
    }


def _stated(spec: StudySpec, sweep: Mapping[str, Any]) -> int:
    """Trials that are stated to have been planned, where the rows alone do not tell."""
    if is_open_ended(spec.design):
        return _trials(sweep["phases"])
    tuning = [phase for phase in sweep["phases"] if phase["phase"] == Phase.TUNE]
    return _trials(tuning) + 1 if spec.compares and tuning and Phase.TUNE in sweep["phases_done"] else 0


def plan_differences(spec: StudySpec, report: Mapping[str, Any], plans: Mapping[str, Sequence[TrialPlan]]) -> list[str]:
    """One line for each row that was not planned so; at most 20."""
    found = []
    for sweep in report["sweeps"]:
        path, axes = f"sweeps.{sweep['name']}.runs", spec.axes_in(sweep["context"])
        departed = departures(plans[sweep["name"]], runs_of(sweep["runs"], axes.names), axes)
        found += [f"{path}.{one.column}.{one.row}: {one.text}" for one in departed]
    return found[:MOST]


def count_differences(
    spec: StudySpec, report: Mapping[str, Any], plans: Mapping[str, Sequence[TrialPlan]]
) -> list[str]:
    """One line for each phase of a comparison that states another number of trials than its plan has; at most 20.

    A phase that follows may not be planned yet while the study is not complete.

    Args:
        spec: a study that compares arms.
        report: whose sweeps state how many trials each phase has.
        plans: of every sweep, replayed.
    """
    found = []
    for sweep in report["sweeps"]:
        due = Counter(plan.phase.value for plan in plans[sweep["name"]])
        if report["state"] != StudyState.COMPLETE:
            due = Counter({phase["phase"]: due[phase["phase"]] for phase in sweep["phases"]})
        found += _count_differences(sweep, due)
    return found[:MOST]


def _count_differences(sweep: Mapping[str, Any], due: Mapping[str, int]) -> list[str]:
    stated = {phase["phase"]: _trials([phase]) for phase in sweep["phases"]}
    path = f"sweeps.{sweep['name']}.phases"
    return [
        f"{path}.{name}: states {stated.get(name, 0)} trials, the replayed plan has {due.get(name, 0)}"
        for name in dict.fromkeys([*due, *stated])
        if stated.get(name, 0) != due.get(name, 0)
    ]


def round_differences(
    spec: StudySpec, report: Mapping[str, Any], plans: Mapping[str, Sequence[TrialPlan]], rows: Sequence[Evidence]
) -> list[str]:
    """One line for each sweep whose confirmation has other rounds than its looks give; none where sizes are fixed.

    Args:
        spec: the study.
        report: whose sweeps state how many trials each phase has.
        plans: of every sweep, replayed.
        rows: evidence of every sweep, in the report's order.
    """
    if not is_open_ended(spec.design):
        return []
    found = []
    for sweep, row in zip(report["sweeps"], rows, strict=True):
        path = f"sweeps.{sweep['name']}.phases"
        found += _count_differences(sweep, Counter(plan.phase.value for plan in plans[sweep["name"]]))
        complete = report["state"] == StudyState.COMPLETE and Phase.CONFIRM in row.phases_done
        if complete and next_round(spec, spec.context_of(row.context), row) is not None:
            found.append(f"{path}.confirm: the study is complete, but its last look asks for another round")
    return found[:MOST]


def _trials(phases: Sequence[Mapping[str, Any]]) -> int:
    return sum(phase[state] for phase in phases for state in STATES)


def _first_trials(sweep: Mapping[str, Any]) -> int:
    return _trials([phase for phase in sweep["phases"] if phase["phase"] in GROWING_PHASES])
