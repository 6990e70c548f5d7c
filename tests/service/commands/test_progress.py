"""Live progress: totals per sweep, and what is printed where no terminal is attached."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.console import Console

from service.commands.progress import StudyProgress, current_phase, sweep_done, sweep_totals
from studies import golden
from studies.language.design import LocateDesign
from studies.language.spec import StudySpec, parse
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


def test_a_sweep_counts_the_phases_that_are_still_to_be_planned() -> None:
    found = study(sweep("golden@a", phase("map", 60, 60)), sweep("sse@a", phase("map", 60, 12)))
    assert sweep_totals(found) == {"golden@a": 100, "sse@a": 100}
    assert [sweep_done(each) for each in found.sweeps] == [60, 12]


def test_a_widened_box_adds_to_its_own_sweep_alone() -> None:
    found = study(sweep("golden@a", phase("map", 60), phase("widen", 10)), sweep("sse@a", phase("map", 60)))
    assert sweep_totals(replace(found, summary=replace(SUMMARY, runs_expected=210))) == {"golden@a": 110, "sse@a": 100}


def test_later_looks_and_cross_validations_count_what_is_planned() -> None:
    assert sweep_totals(study(sweep("golden@a", phase("map", 60), rounds=1))) == {"golden@a": 60}
    points = [{"eta": golden.ETA, "alpha": golden.ALPHA}]
    spec = parse({"name": "small", "design": {"kind": "cross_validation", "points": points}})
    assert sweep_totals(study(sweep("golden@a", phase("cv", 30)), spec=spec)) == {"golden@a": 30}


def test_a_complete_study_has_the_runs_that_were_planned_in_each_sweep() -> None:
    """Sequential confirmations end at numbers of their own; an even share of the study's would be no sweep's."""
    sweeps = (sweep("golden@a", phase("map", 120, 120)), sweep("sse@a", phase("map", 80, 80)))
    assert sweep_totals(study(*sweeps, state=StudyState.COMPLETE)) == {"golden@a": 120, "sse@a": 80}
    assert sweep_totals(study(*sweeps)) == {"golden@a": 120, "sse@a": 100}


def test_the_present_phase_is_the_first_that_is_not_done() -> None:
    phases = (phase("map", 60, 60), phase("zoom", 20))
    assert current_phase(sweep("golden@a", *phases, done=("map",))) == "zoom"
    assert current_phase(sweep("golden@a", *phases, done=("map", "zoom"))) == "done"


def test_without_a_terminal_a_line_is_printed_at_each_tenth_and_at_the_end() -> None:
    def state(done: int, state: StudyState = StudyState.RUNNING) -> StudyDetail:
        phases = phase("map", 200, done, untrained=1), phase("zoom", 0, untrained=1, chance=3, diverged=2)
        return study(sweep("golden@a", *phases), runs_done=done, state=state)

    console = Console(file=io.StringIO(), width=200)
    with StudyProgress(console) as progress:
        last = progress.follow([state(1), state(10), state(30), state(35), state(200, StudyState.COMPLETE)])
    assert last.summary.state == "complete"
    assert console.file.getvalue().splitlines() == [  # type: ignore[attr-defined]
        "small running: golden@a 1/200 map, 2 diverged, 2 untrained, 3 ended at chance",
        "small running: golden@a 30/200 map, 2 diverged, 2 untrained, 3 ended at chance",
        "small complete: golden@a 200/200 complete, 2 diverged, 2 untrained, 3 ended at chance",
    ]


def test_a_line_comes_after_the_first_run_and_each_minute_with_the_expected_end() -> None:
    at = [0.0]
    console = Console(file=io.StringIO(), width=200)
    progress = StudyProgress(console, training=True, clock=lambda: at[0])
    for seconds, done in ((0, 0), (30, 0), (40, 1), (90, 2), (100, 2), (160, 3)):
        at[0] = seconds
        state = StudyState.RUNNING if done else StudyState.QUEUED
        progress.show(study(sweep("golden@a", phase("map", 200, done)), runs_done=done, state=state))
    assert console.file.getvalue().splitlines() == [  # type: ignore[attr-defined]
        "small running: golden@a 0/200 map",
        "small running: golden@a 1/200 map, about 2.2 h to go at this pace",
        "small running: golden@a 2/200 map, about 2.8 h to go at this pace",
        "small running: golden@a 3/200 map, about 2.9 h to go at this pace",
    ]


def test_a_terminal_shows_a_bar_per_sweep() -> None:
    console = Console(file=io.StringIO(), width=120, force_terminal=True)
    with StudyProgress(console) as progress:
        progress.show(study(sweep("golden@a", phase("map", 200, 50)), sweep("sse@a", phase("map", 200, 20))))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "golden@a" in shown
    assert "50/200" in shown
    assert "20/200" in shown


def test_there_is_always_a_state_to_follow() -> None:
    with pytest.raises(ValueError, match="present state"):
        StudyProgress(Console(file=io.StringIO())).follow([])
