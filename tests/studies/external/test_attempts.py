"""Which attempt at a run counts, whoever looks and in whatever order."""

from __future__ import annotations

import itertools

from own_plans import own_study

from studies.external.attempts import Attempt, AttemptState, rivals, standing
from studies.external.measured import runs_of
from studies.external.wanted import wanted
from studies.records import ReportedRun

SPEC = own_study()
PLANS = wanted(SPEC, runs_of(SPEC, (), {})).plans[:4]


def running(holder: int, trial: int = 0) -> Attempt:
    return Attempt(holder, (trial, 0), AttemptState.RUNNING)


def failed(holder: int, trial: int = 0) -> Attempt:
    return Attempt(holder, (trial, 0), AttemptState.FAILED)


def complete(holder: int, value: float, trial: int = 0) -> Attempt:
    return Attempt(holder, (trial, 0), AttemptState.COMPLETE, ReportedRun(value))


def test_the_lowest_holder_counts_in_whatever_order_they_come() -> None:
    attempts = [complete(7, 0.7), complete(3, 0.3), running(9), failed(1)]
    for order in itertools.permutations(attempts):
        found = standing(order)
        assert found.results == {(0, 0): ReportedRun(0.3)}
        assert (found.held, dict(found.failures)) == (frozenset(), {(0, 0): 1})


def test_a_run_is_not_done_while_a_lower_holder_is_at_it() -> None:
    found = standing([complete(7, 0.7), running(3)])
    assert (dict(found.results), found.held) == ({}, {(0, 0)})


def test_free_runs_are_those_that_nobody_has_or_holds() -> None:
    found = standing([complete(0, 0.5, trial=0), running(1, trial=1), failed(2, trial=2)])
    assert found.free(PLANS, ()) == [(2, 0), (3, 0)]
    assert found.open_runs(PLANS, ()) == [(1, 0), (2, 0), (3, 0)]
    assert found.free(PLANS, {3}) == [(2, 0)]


def test_a_trial_is_given_up_when_its_attempts_are_used_and_nobody_is_at_it() -> None:
    thrice = [failed(1), failed(2), failed(3)]
    assert standing(thrice).given_up(3) == {0}
    assert standing(thrice).given_up(4) == frozenset()
    assert standing([*thrice, running(4)]).given_up(3) == frozenset()
    assert standing([*thrice, complete(4, 0.5)]).given_up(3) == frozenset()


def test_rivals_are_the_others_that_have_not_failed() -> None:
    attempts = [running(1), failed(2), complete(3, 0.1), running(4, trial=1), running(5)]
    assert [each.holder for each in rivals(attempts, (0, 0), 5)] == [1, 3]
