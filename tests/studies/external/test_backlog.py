"""The trials that a runner holds: what waits, what is trained, what is to be sent."""

from __future__ import annotations

import pytest
from memory_source import lease
from turned_clocks import turn

from studies.external.backlog import MOST_STEP, Backlog, Task
from studies.external.outcome import BROKE, RunEnd

DONE = RunEnd(value=0.5)


def taken(backlog: Backlog) -> Task:
    """The next run."""
    task = backlog.take(0)
    assert task is not None
    return task


def test_a_trial_whose_lease_ran_out_while_it_was_trained_is_begun_anew_and_only_that_result_counts() -> None:
    backlog = Backlog(2)
    backlog.add([lease(0, attempt=1)])
    former = taken(backlog)
    backlog.add([lease(0, attempt=2)])
    assert former.stopped
    later = taken(backlog)
    backlog.end(former, DONE)
    assert backlog.unsent(9) == []
    assert backlog.held() == {1: 2}
    backlog.end(later, RunEnd(value=0.25))
    (ending,) = backlog.unsent(9)
    assert (ending.token, (ending.runs or {})[0].value) == (2, 0.25)


def test_what_is_renewed_is_the_present_lease_though_a_former_result_waits() -> None:
    backlog = Backlog(1)
    backlog.add([lease(0, attempt=1)])
    backlog.end(taken(backlog), DONE)
    assert backlog.held() == {1: 1}
    backlog.add([lease(0, attempt=2)])
    assert backlog.held() == {1: 2}


def test_results_stay_until_they_are_sent() -> None:
    backlog = Backlog(1)
    backlog.add([lease(number) for number in range(3)])
    for end in (DONE, BROKE, RunEnd(failed="no disk")):
        backlog.end(taken(backlog), end)
    assert [ending.id for ending in backlog.unsent(2)] == [1, 2]
    assert [ending.failed for ending in backlog.unsent(9)] == [None, None, "no disk"]
    backlog.sent(2)
    assert [ending.id for ending in backlog.unsent(9)] == [3]


def test_a_trial_that_is_given_up_brings_nothing_more() -> None:
    backlog = Backlog(1)
    backlog.add([lease(0, runs=2), lease(1)])
    first = taken(backlog)
    assert backlog.given_up() == {1: 1, 2: 1}
    backlog.end(first, DONE)
    assert backlog.unsent(9) == []
    assert backlog.idle()


def test_steps_that_no_source_takes_are_left_out_and_a_later_value_replaces_one() -> None:
    backlog = Backlog(1)
    backlog.add([lease(0)])
    task = taken(backlog)
    for step, value in ((1, 0.1), (-1, 0.2), (MOST_STEP + 1, 0.3), (2, float("inf")), (1, 0.4)):
        task.report(step, value)
    (kept,) = backlog.steps(9)
    assert (kept.step, kept.value) == (1, 0.4)
    task.report(1, 0.5)
    backlog.shown([kept])
    assert [value.value for value in backlog.steps(9)] == [0.5], "it was replaced meanwhile"


def test_nothing_is_leased_ahead_of_long_trainings_and_about_a_second_of_short_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    turn(monkeypatch, "studies.external.backlog", monotonic=lambda: now[0])
    for seconds, expected in ((30.0, 4), (0.01, 404)):
        backlog = Backlog(4)
        assert backlog.wanted() == 4
        backlog.add([lease(0)])
        task = taken(backlog)
        assert backlog.wanted() == 3
        now[0] += seconds
        backlog.end(task, DONE)
        assert backlog.wanted() == expected


def test_threads_leave_once_it_is_closed_or_stopped() -> None:
    for end in (Backlog.close, Backlog.stop):
        backlog = Backlog(1)
        end(backlog)
        assert backlog.take(0) is None
