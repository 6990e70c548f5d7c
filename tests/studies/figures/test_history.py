"""Progress: the running best, the phases, and trials that diverged."""

from __future__ import annotations

from collections.abc import Callable

from studies.figures.history import history_figure, history_info
from studies.records import Runs

MakeRuns = Callable[..., Runs]


def test_history_never_falls(make_runs: MakeRuns) -> None:
    info = history_info(make_runs(), objective="error")
    assert list(info.best_so_far) == sorted(info.best_so_far)
    assert [s.phase for s in info.phases] == ["map", "confirm"]


def test_trials_with_a_diverged_run_are_marked_and_give_no_value(make_runs: MakeRuns) -> None:
    runs = make_runs()
    info = history_info(runs, objective="accuracy")
    assert set(info.diverged) == set(runs.trial[runs.diverged].tolist())
    assert not set(info.diverged) & set(info.trials)
    assert len(info.trials) + len(info.diverged) == len(set(runs.trial.tolist()))


def test_the_figure_draws_bad_trials_on_the_floor_and_diverged_ones_only_where_there_are_some(
    make_runs: MakeRuns,
) -> None:
    runs = make_runs()
    info = history_info(runs, objective="accuracy")
    trials, best, diverged = history_figure(info).data
    assert (trials.name, best.name, diverged.name) == ("trial", "best so far", "diverged")
    assert min(trials.y) == info.floor
    below = [shade < info.floor for shade in info.shades]
    assert [symbol == "triangle-down" for symbol in trials.marker.symbol] == below and any(below)
    assert set(diverged.y) == {info.floor}
    sound = history_info(runs.where(~runs.diverged), objective="accuracy")
    assert [trace.name for trace in history_figure(sound).data] == ["trial", "best so far"]
