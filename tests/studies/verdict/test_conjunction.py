"""The printed table: every row is reached, the first that applies decides, and the docstring prints what is applied."""

from __future__ import annotations

from itertools import product

import pytest

from studies.verdict import conjunction
from studies.verdict.answers import Answer
from studies.verdict.conjunction import TABLE, Facts, first_row, printed
from studies.verdict.model import Outcome

YES, NO, OPEN = Answer.YES, Answer.NO, Answer.UNDECIDED
CASES = [
    (Facts(YES, YES, YES), "supported", "specific | not_specific"),
    (Facts(YES, YES, OPEN), "supported", "specific | not_specific"),
    (Facts(YES, YES, NO), "inconclusive", "flat"),
    (Facts(YES, YES, YES, collapse_refutes=True), "refuted", "collapse"),
    (Facts(YES, YES, YES, collapse_refutes=True, vague=True), "refuted", "collapse"),
    (Facts(NO, NO, YES), "refuted", "regret"),
    (Facts(NO, OPEN, YES), "refuted", "regret"),
    (Facts(NO, OPEN, NO), "refuted", "regret"),
    (Facts(NO, OPEN, YES, model_fails=True), "refuted", "regret"),
    (Facts(NO, OPEN, YES, adaptive=True), "refuted", "regret"),
    (Facts(NO, YES, YES), "inconclusive", "near_not_at"),
    (Facts(OPEN, NO, YES, crossed=True), "refuted", "location"),
    (Facts(YES, NO, YES, crossed=True), "refuted", "location"),
    (Facts(OPEN, OPEN, YES, crossed=True), "inconclusive", "power"),
    (Facts(OPEN, NO, YES), "inconclusive", "power"),
    (Facts(OPEN, OPEN, OPEN, model_fails=True), "inconclusive", "model"),
    (Facts(YES, OPEN, OPEN, adaptive=True), "inconclusive", "adaptive"),
    (Facts(YES, YES, YES, vague=True), "inconclusive", "vague"),
    (Facts(YES, YES, YES, collapse_hinders=True), "inconclusive", "collapse"),
    (Facts(YES, OPEN, YES, collapse_hinders=True), "inconclusive", "as_good"),
    (Facts(OPEN, OPEN, NO, at_edge=True), "inconclusive", "flat"),
    (Facts(OPEN, OPEN, YES, at_edge=True), "inconclusive", "edge"),
    (Facts(YES, OPEN, YES, at_edge=True), "inconclusive", "edge"),
    (Facts(YES, OPEN, YES), "inconclusive", "as_good"),
    (Facts(YES, NO, YES), "inconclusive", "as_good"),
    (Facts(OPEN, OPEN, OPEN), "inconclusive", "power"),
    (Facts(OPEN, YES, YES), "inconclusive", "power"),
    (Facts(YES, YES, YES, blocked="incomplete"), "inconclusive", "incomplete"),
    (Facts(YES, YES, YES, blocked="data"), "inconclusive", "data"),
    (Facts(YES, YES, YES, blocked="labels"), "inconclusive", "labels"),
    (Facts(YES, YES, YES, blocked="fragile"), "inconclusive", "fragile"),
    (Facts(OPEN, OPEN, OPEN, blocked="untrained"), "inconclusive", "diverged | untrained"),
]


@pytest.mark.parametrize(("facts", "outcome", "code"), CASES)
def test_the_first_row_that_applies_decides(facts: Facts, outcome: str, code: str) -> None:
    row = first_row(facts)
    assert (row.outcome, row.code) == (outcome, code)


def test_every_row_is_reached() -> None:
    assert {id(first_row(facts)) for facts, *_ in CASES} == {id(row) for row in TABLE}


def test_the_docstring_prints_the_table_that_is_applied() -> None:
    assert conjunction.__doc__ is not None
    assert printed() in conjunction.__doc__


def test_whatever_the_facts_support_needs_two_yes_and_no_no_and_refutation_a_shown_no() -> None:
    flags = ("collapse_refutes", "collapse_hinders", "crossed", "model_fails", "adaptive", "vague", "at_edge")
    for answers in product(Answer, repeat=3):
        for values in product((False, True), repeat=len(flags)):
            facts = Facts(*answers, **dict(zip(flags, values, strict=True)))
            outcome = first_row(facts).outcome
            if outcome is Outcome.SUPPORTED:
                assert answers[:2] == (YES, YES)
                assert answers[2] is not NO
                assert not (facts.vague or facts.collapse_hinders or facts.collapse_refutes)
            if outcome is Outcome.REFUTED:
                shown = facts.as_good is NO or (facts.there is NO and facts.crossed)
                assert facts.collapse_refutes or shown
            if first_row(facts).code == "flat":
                assert facts.matters is NO, "too flat is said only where it is shown"
