"""Outcomes of runs in words: an advice by cause, and what the comparison of the claim's runs says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from filled_answers import filled_answers

from studies.figures.outcome_signs import CHANCE, SIGNS
from studies.figures.run_outcomes import MEANINGS, collapse_reading, outcome_advice, outcome_rows, total
from studies.verdict.answers import CollapseTest, OutcomeCounts, RunOutcome

TEST = CollapseTest(5, 38, 1, 90, 0.01, True, True)


def test_every_outcome_has_a_sign_and_a_meaning_of_its_own() -> None:
    assert set(SIGNS) == set(MEANINGS) == {*RunOutcome, CHANCE}
    assert len({sign.character for sign in SIGNS.values()}) == len(SIGNS)


def test_rows_count_the_claims_runs_and_all() -> None:
    claim, everything = outcome_rows(filled_answers())
    assert (claim.total, everything.total) == (38, 860)
    assert [count for _, count in claim.counts] == [35, 3, 0, 0]


def test_runs_that_nothing_explains_are_not_called_diverged() -> None:
    every = OutcomeCounts(10, 0, 1, 5, unexplained=4)
    shown = [row.counts for row in outcome_rows(replace(filled_answers(), outcomes=every))]
    assert shown[1] == (("trained", 10), ("collapsed", 0), ("untrained", 1), ("diverged", 1), (CHANCE, 4))
    assert [len(row) for row in shown] == [5, 5]
    assert outcome_advice(every)[-2:][0].startswith("1 run diverged")
    assert outcome_advice(every)[-1].startswith("4 runs ended at chance")
    assert total([every, every]) == OutcomeCounts(20, 0, 2, 10, unexplained=8)


def test_nobody_is_advised_to_lower_a_rate_that_was_too_low() -> None:
    (advice,) = outcome_advice(OutcomeCounts(10, 0, 4, 0))
    assert "lower rates would not" in advice
    assert "diverged" not in advice
    assert outcome_advice(OutcomeCounts(10, 0, 0, 0)) == ()
    assert [text.split(" ", 2)[0] for text in outcome_advice(OutcomeCounts(0, 1, 2, 3))] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("test", "said"),
    [
        (TEST, "refutes it by itself"),
        (replace(TEST, refutes=False), "too many more for support, too few to refute"),
        (replace(TEST, refutes=False, hinders=False), "this does not speak against the claim"),
        (replace(TEST, claim_runs=0), "cannot be compared"),
        (replace(TEST, p_more=0.0001), "p < 0.001"),
        (replace(TEST, p_more=None), "at its rivals: "),
    ],
)
def test_the_collapse_test_says_what_follows(test: CollapseTest, said: str) -> None:
    assert said in collapse_reading(test)


def test_failed_runs_are_said_by_kind_where_the_counts_are_of_the_same_runs() -> None:
    own = OutcomeCounts(33, 3, 0, 2)
    assert "5 of 38 runs at the claimed point failed (2 diverged, 3 collapsed), against" in collapse_reading(TEST, own)
    assert "point failed, against" in collapse_reading(TEST, OutcomeCounts(30, 3, 0, 3))
    none = replace(TEST, claim_failed=0, rivals_failed=0, refutes=False, hinders=False)
    assert collapse_reading(none) == "None of the 38 runs at the claimed point failed, and none of 90 at its rivals."
