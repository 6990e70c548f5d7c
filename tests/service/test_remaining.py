"""Totals per sweep, the present phase, and what is left by context."""

from __future__ import annotations

from dataclasses import replace

from made_up_studies import SUMMARY, phase, study, sweep

from service.remaining import current_phase, runs_left, sweep_done, sweep_totals
from studies import golden
from studies.language.spec import parse
from studies.records import StudyState


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


def test_what_is_left_is_counted_by_context() -> None:
    sweeps = (
        sweep("golden@a", phase("map", 60, 60)),
        sweep("sse@a", phase("map", 60, 12)),
        sweep("sse@b", phase("map", 60)),
    )
    assert runs_left(study(*sweeps, runs_expected=300)) == {"a": 40 + 88, "b": 100}
    assert runs_left(study(*sweeps[:1], runs_expected=60)) == {"a": 0}
