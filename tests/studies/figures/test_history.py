"""Progress: the running best, the phases, and trials that diverged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from studies.figures.history import MOST_MARKS, history_figure, history_info
from studies.figures.outcome_signs import outcomes_of
from studies.records import Runs

MakeRuns = Callable[..., Runs]


def test_history_never_falls(make_runs: MakeRuns) -> None:
    info = history_info(make_runs(), objective="error")
    assert list(info.best_so_far) == sorted(info.best_so_far)
    assert [s.phase for s in info.phases] == ["map", "confirm"]


def test_trials_with_a_diverged_run_are_marked_and_give_no_value(make_runs: MakeRuns) -> None:
    runs = make_runs()
    info = history_info(runs, objective="accuracy")
    ((name, failed),) = info.failed
    assert (name, set(failed)) == ("diverged", set(runs.trial[runs.diverged].tolist()))
    assert not set(failed) & set(info.trials)
    assert len(info.trials) + len(failed) == len(set(runs.trial.tolist()))


def test_each_outcome_has_a_sign_of_its_own(make_runs: MakeRuns) -> None:
    runs = make_runs()
    failed = np.flatnonzero(runs.diverged)
    cause = runs.cause.astype("<U9")
    cause[failed[0]], cause[failed[1]] = "untrained", "chance"
    runs = replace(runs, cause=cause)
    outcome = outcomes_of(runs).astype("<U9")
    trained = int(np.flatnonzero(~runs.diverged)[0])
    outcome[trained] = "collapsed"
    info = history_info(runs, objective="accuracy", outcome=outcome)
    assert [name for name, _ in info.failed] == ["diverged", "untrained", "chance"]
    figure = history_figure(info)
    drawn = {trace.name: trace for trace in figure.data}
    assert list(drawn)[2:] == ["diverged", "untrained", "ended at chance", "collapsed"]
    assert drawn["untrained"].x == (int(runs.trial[failed[0]]),)
    assert drawn["collapsed"].x == (int(runs.trial[trained]),)
    assert len({trace.marker.symbol for trace in figure.data[2:]}) == 4


def test_the_figure_draws_bad_trials_on_the_floor_and_diverged_ones_only_where_there_are_some(
    make_runs: MakeRuns,
) -> None:
    runs = make_runs()
    info = history_info(runs, objective="accuracy")
    trials, best, diverged = history_figure(info).data
    assert (trials.name, best.name, diverged.name) == ("trial", "best so far", "diverged")
    assert min(trials.y) == pytest.approx(info.floor, abs=1e-3)
    below = [shade < info.floor for shade in info.shades]
    assert [symbol == "triangle-down" for symbol in trials.marker.symbol] == below and any(below)
    assert set(diverged.y) == {info.floor}
    sound = history_info(runs.where(~runs.diverged), objective="accuracy")
    assert [trace.name for trace in history_figure(sound).data] == ["trial", "best so far"]


def test_of_very_many_trials_an_even_choice_is_drawn_and_the_whole_running_best(make_runs: MakeRuns) -> None:
    few = history_info(make_runs(), objective="accuracy")
    shades = np.random.default_rng(1).normal(size=30_000)
    best = int(shades.argmax())
    info = replace(
        few,
        trials=tuple(range(30_000)),
        values=tuple(shades.tolist()),
        shades=tuple(shades.tolist()),
        signs=("trained",) * 30_000,
        best_so_far=tuple(np.maximum.accumulate(shades).tolist()),
        failed=(("diverged", tuple(range(30_000, 40_000))),),
        floor=-2.0,
    )
    figure = history_figure(info)
    trials, line, diverged = figure.data
    assert MOST_MARKS * 0.9 < len(trials.x) <= MOST_MARKS + 1 and best in trials.x
    assert MOST_MARKS * 0.9 < len(diverged.x) <= MOST_MARKS
    assert line.x[-1] == 29_999 and list(line.y) == sorted(line.y)
    assert line.y[-1] == pytest.approx(shades.max(), abs=1e-2)
    steps = dict(zip(line.x, line.y, strict=True))
    assert set(steps) >= set(np.flatnonzero(shades >= np.maximum.accumulate(shades)).tolist())
    assert any("40,000 trials" in note.text for note in figure.layout.annotations)
    assert len(figure.to_json()) < 150_000
