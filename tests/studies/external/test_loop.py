"""The loop of trainers: each run once, results in batches, work handed back, whatever goes wrong."""

from __future__ import annotations

import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from memory_source import MemorySource
from waiting import CEILING, join_all, wait_for_event, wait_until

from studies.errors import GoldenError
from studies.external import loop
from studies.external.loop import TrainingFailedError, run_trials
from studies.external.trial import CallableTrainer, Diverged, Trial


def run(source: MemorySource, train: Callable[[Trial], Any], *, jobs: int = 1, **options: Any) -> None:
    """Train everything with a function."""
    run_trials(source, CallableTrainer(train, Path("/proc/none")), jobs=jobs, **options)


@pytest.mark.parametrize("jobs", [1, 3])
def test_each_run_is_trained_once_and_all_runs_of_a_trial_are_reported_together(jobs: int) -> None:
    source, seen = MemorySource(20, runs=3), []
    run(source, lambda trial: seen.append((trial.number, trial.run)) or 0.5, jobs=jobs)  # type: ignore[func-returns-value]
    assert sorted(seen) == [(number, index) for number in range(20) for index in range(3)]
    assert len(source.results) == 20
    assert all(set(ending.runs or {}) == {0, 1, 2} for ending in source.results.values())


def test_one_job_trains_in_the_thread_of_the_caller_and_several_in_their_own() -> None:
    for jobs, expected in ((1, {threading.current_thread().name}), (2, {"golden-job-0", "golden-job-1"})):
        names, both = set(), threading.Barrier(jobs)

        def train(_trial: Trial, names: set[str] = names, both: threading.Barrier = both) -> float:
            names.add(threading.current_thread().name)
            both.wait(CEILING)
            return 0.5

        run(MemorySource(4), train, jobs=jobs)
        assert names == expected


def test_short_trainings_are_leased_ahead_and_finished_in_batches() -> None:
    source = MemorySource(400)
    run(source, lambda _trial: 0.5)
    assert len(source.results) == 400
    assert max(source.leased) >= 50
    assert len(source.finished) <= 100


def test_long_trainings_are_not_leased_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studies.external.backlog.AHEAD_SECONDS", 1e-9)  # so that any training is a long one
    source = MemorySource(6)
    held = []
    run(source, lambda _trial: held.append(len(source.running)) or 0.5, jobs=2)  # type: ignore[func-returns-value]
    assert max(source.leased) <= 2
    assert max(held) <= 4  # two in training, two whose results are on their way


def test_a_source_that_goes_away_is_waited_for_and_no_result_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "RETRY_SECONDS", 0.01)
    source, said = MemorySource(6), []

    def train(trial: Trial) -> float:
        if trial.number == 2:
            source.away = 5
        return 0.5

    run(source, train, on_away=lambda error: said.append(str(error)))
    assert len(source.results) == 6
    assert said == ["nobody answers", "None"]


def test_a_failed_trial_is_tried_again_and_the_others_go_on() -> None:
    source = MemorySource(8)
    attempts = []

    def train(trial: Trial) -> float:
        if trial.number == 3:
            attempts.append(trial.attempt)
            if trial.attempt < 3:
                raise ValueError("the disk is full")
        return 0.5

    run(source, train)
    assert attempts == [1, 2, 3]
    assert len(source.results) == 8
    text = source.failures[0].failed or ""
    assert text.startswith("ValueError: the disk is full\n")
    assert "in train" in text


def test_a_run_that_fails_ends_its_trial_and_the_other_runs_are_not_begun() -> None:
    source, begun = MemorySource(2, runs=4, attempts=1), []

    def train(trial: Trial) -> float:
        begun.append((trial.number, trial.run))
        if trial.number == 1 and trial.run == 1:
            raise RuntimeError("gone")
        return 0.5

    run(source, train)
    assert [index for number, index in begun if number == 1] == [0, 1]
    assert [ending.id for ending in source.failures] == [2]


def test_a_program_that_fails_from_the_start_stops_the_loop_and_its_error_is_the_cause() -> None:
    source = MemorySource(50)

    def train(_trial: Trial) -> float:
        raise NameError("name 'modle' is not defined")

    with pytest.raises(TrainingFailedError, match=r"first 3 trainings failed.*NameError: name 'modle'") as caught:
        run(source, train)
    assert isinstance(caught.value.__cause__, NameError)
    assert len(source.failures) == 3
    assert not source.running, "the rest is handed back"


def test_broken_trainings_are_results() -> None:
    source = MemorySource(4)

    def train(trial: Trial) -> float:
        if trial.number == 0:
            raise Diverged
        return [0.5, float("nan"), float("inf"), 0.5][trial.number]

    run(source, train)
    broke = {ending.id - 1: (ending.runs or {})[0].diverged for ending in source.results.values()}
    assert broke == {0: True, 1: True, 2: True, 3: False}
    assert not source.failures


def test_an_interrupt_keeps_results_hands_the_rest_back_and_is_passed_on() -> None:
    source = MemorySource(30)

    def train(trial: Trial) -> float:
        if trial.number == 20:
            raise KeyboardInterrupt
        return 0.5

    with pytest.raises(KeyboardInterrupt):
        run(source, train)
    assert sorted(source.results) == list(range(1, 21))
    assert 21 in source.released
    assert not source.running


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupt_that_another_thread_receives_ends_the_loop(jobs: int) -> None:
    """One job waits for a trial meanwhile, and two are in training."""
    source = MemorySource(4) if jobs > 1 else MemorySource(0)
    source.stays_open = True
    reached, given_up = threading.Event(), threading.Event()
    main = threading.get_ident()

    def waits() -> bool:
        names = [frame.name for frame in traceback.extract_stack(sys._current_frames()[main])]
        return names[-2:] == ["wait", "wait"] or names[-2:] == ["take", "wait"]

    def interrupt() -> None:
        wait_for_event(reached, what="a loop at work")
        wait_until(waits, what="a main thread that waits")
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        if not given_up.wait(CEILING):
            source.cancelled = True  # so that a loop that did not hear of it ends, too

    def train(trial: Trial) -> float:
        reached.set()
        while not trial.stopped:
            time.sleep(0.01)
        return 0.5

    source.on_lease = reached.set if jobs == 1 else lambda: None
    other = threading.Thread(target=interrupt)
    other.start()
    with pytest.raises(KeyboardInterrupt):
        run(source, train, jobs=jobs)
    given_up.set()
    join_all(other)
    assert not source.cancelled, "it was heard of only when the source had no more"
    assert not source.running


def test_an_interrupt_while_threads_start_hands_back_what_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    source, start = MemorySource(4), threading.Thread.start
    trains = threading.Event()

    def started(thread: threading.Thread) -> None:
        if thread.name == "golden-job-1":
            wait_for_event(trains, what="the first job's training")
            raise KeyboardInterrupt
        start(thread)

    def train(trial: Trial) -> float:
        trains.set()
        while not trial.stopped:
            time.sleep(0.01)
        return 0.5

    monkeypatch.setattr(threading.Thread, "start", started)
    with pytest.raises(KeyboardInterrupt):
        run(source, train, jobs=2)
    assert not source.running


def test_threads_that_train_are_not_waited_for_once_the_loop_stops() -> None:
    source, hang = MemorySource(6), threading.Event()
    stopped = threading.Event()

    def train(trial: Trial) -> float:
        if trial.number == 1:
            hang.wait(CEILING)
            with pytest.raises(GoldenError, match="need not be trained on"):
                trial.report(1, 0.5)
            stopped.set()
        if trial.number == 3:
            raise KeyboardInterrupt
        return 0.5

    with pytest.raises(KeyboardInterrupt):
        run(source, train, jobs=2)
    assert 2 in source.released
    assert not stopped.is_set()
    hang.set()
    wait_for_event(stopped, what="the training that hangs")


def test_a_trial_that_is_lost_is_told_so_and_its_result_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MemorySource, "lease_seconds", 0.03)  # renewed every 10 ms
    source = MemorySource(3)

    def train(trial: Trial) -> float:
        if trial.number == 1:
            source.lost.add(2)
            source.running.pop(2)  # another holds it now
            wait_until(lambda: trial.stopped, what="the trial to be called off")
        return 0.5

    run(source, train)
    assert sorted(source.results) == [1, 3]


def test_a_study_that_is_cancelled_ends_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    source = MemorySource(50)

    def train(trial: Trial) -> float:
        if trial.number == 1:
            source.cancelled = True
            source._waiting.clear()
        return 0.5

    run(source, train)
    assert not source.released


def test_values_on_the_way_are_shown_before_the_result_and_those_that_are_no_numbers_are_not() -> None:
    source, order = MemorySource(2), []
    report, finish = source.report, source.finish
    source.report = lambda values: order.extend(("shown", each.id) for each in values) or report(values)  # type: ignore[method-assign, func-returns-value]
    source.finish = lambda ends: order.extend(("ended", each.id) for each in ends) or finish(ends)  # type: ignore[method-assign, func-returns-value]

    def train(trial: Trial) -> float:
        for step, value in enumerate((0.1, float("nan"), 0.3)):
            trial.report(step, value)
        return 0.5

    run(source, train)
    assert [(each.id, each.step, each.value) for each in source.steps] == [
        (number, step, value) for number in (1, 2) for step, value in ((0, 0.1), (2, 0.3))
    ]
    assert order.index(("ended", 1)) > max(place for place, what in enumerate(order) if what == ("shown", 1))


def test_values_on_the_way_survive_a_source_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "RETRY_SECONDS", 0.01)
    source = MemorySource(1)

    def train(trial: Trial) -> float:
        source.away = 3
        trial.report(7, 0.25)
        return 0.5

    run(source, train)
    assert [(each.step, each.value) for each in source.steps] == [(7, 0.25)]


def test_a_source_that_refuses_ends_the_loop_with_its_error() -> None:
    source = MemorySource(5)
    source.finish = lambda _endings: (_ for _ in ()).throw(GoldenError("the token is not allowed"))  # type: ignore[method-assign]
    with pytest.raises(GoldenError, match="not allowed"):
        run(source, lambda _trial: 0.5)


def test_a_second_thread_may_run_a_loop_of_its_own() -> None:
    sources = [MemorySource(10), MemorySource(10)]
    threads = [threading.Thread(target=run, args=(source, lambda _trial: 0.5)) for source in sources]
    for thread in threads:
        thread.start()
    join_all(*threads)
    assert [len(source.results) for source in sources] == [10, 10]


def test_no_jobs_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        run(MemorySource(1), lambda _trial: 0.5, jobs=0)
