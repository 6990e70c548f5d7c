from __future__ import annotations

from dataclasses import replace

import pytest

from studies.verdict.answers import Answer, OutcomeCounts
from studies.verdict.facts import blocking, facts_of
from studies.verdict.grounds import Grounds
from studies.verdict.seen_place import Place
from studies.verdict.statements import Raised
from tests.studies.verdict.test_statements import SURE, alike, arm, hand_made


@pytest.mark.parametrize(
    ("counts", "code"),
    [
        (OutcomeCounts(0, 0, 5, 4), "untrained"),
        (OutcomeCounts(0, 0, 4, 5), "diverged"),
        (OutcomeCounts(1, 0, 400, 9), None),
        (OutcomeCounts(0, 0, 0, 0), None),
    ],
)
def test_where_not_one_run_trained_the_cause_of_most_is_the_reason(
    grounds: Grounds, counts: OutcomeCounts, code: str | None
) -> None:
    assert blocking(grounds.findings, counts) == code


def test_unfinished_and_lost_runs_block(grounds: Grounds) -> None:
    findings, counts = grounds.findings, grounds.outcomes
    for changes, code in (({"phases_done": ("map",)}, "incomplete"), ({"failed_runs": 50}, "data"), ({}, None)):
        changed = replace(findings, evidence=replace(findings.evidence, **changes))
        assert blocking(changed, counts) == code


def test_a_collapse_refutes_only_where_its_p_value_survives_the_adjustment(grounds: Grounds) -> None:
    p = 0.9 * 0.05 * 9 / 20
    made = hand_made(grounds, collapse={"p_more": p * 0.99, "refutes": True, "hinders": True})
    assert facts_of(made).collapse_refutes
    raised = facts_of(made, Raised(refute=1.1))
    assert not raised.collapse_refutes
    assert raised.collapse_hinders


def test_flips_stand_in_for_t_and_a_block_silences_the_statements(grounds: Grounds) -> None:
    made = hand_made(grounds, arms=(arm(p_less=SURE),), regret={"crossed_flip": SURE}, location={"p_out": SURE})
    by_t, by_flips = facts_of(made), facts_of(made, flips=True)
    assert (by_t.as_good, by_t.crossed) == (Answer.YES, False)
    assert (by_flips.as_good, by_flips.crossed) == (Answer.UNDECIDED, True)
    assert facts_of(hand_made(grounds, arms=(arm(**alike(p_less=SURE)),)), blocked="data").as_good is Answer.UNDECIDED


def test_the_edge_is_a_region_that_reaches_it(grounds: Grounds) -> None:
    assert not facts_of(hand_made(grounds)).at_edge
    reaching = Place(1.0, 4.0, identifiable=True, open_sides=("alpha high",))
    assert facts_of(hand_made(grounds, place=reaching)).at_edge
