"""Live progress of a study: what is printed where no terminal is attached, and bars where one is."""

from __future__ import annotations

import io

import pytest
from made_up_studies import phase, study, sweep
from rich.console import Console

from service.commands.progress import StudyProgress
from studies.records import StudyState
from studies.storage.read_models import StudyDetail


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
