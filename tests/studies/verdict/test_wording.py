"""The sentences of analysis 5: plain, with their numbers, and no more than the evidence said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from studies.records import Cause
from studies.verdict.answer import answers_of, decision_of
from studies.verdict.answers import Answer, AsGood, OptimumThere, OutcomeCounts, PlaceMatters, Statements
from studies.verdict.conjunction import TABLE
from studies.verdict.grounds import Grounds
from studies.verdict.model import Interval
from studies.verdict.region import Regret
from studies.verdict.seen_place import Place
from studies.verdict.wording import reasons, summarise
from studies.verdict.wording_amounts import amount
from studies.verdict.wording_place import place_sentence
from studies.verdict.wording_reasons import CODES, Case, reason_text
from studies.verdict.wording_statements import Terms, statement_sentences
from tests.studies.verdict.test_answer import BAD, CASES, FLAT, GOOD, HOLDS, OUT, _terms
from tests.studies.verdict.test_statements import BEYOND, SURE, alike, arm, hand_made


def _case(grounds: Grounds, **changes: Any) -> Case:
    made = hand_made(grounds, **changes)
    return Case(made, decision_of(made), answers_of(made))


@pytest.mark.parametrize(("code", "outcome", "changes"), CASES)
def test_every_verdict_reads_as_sentences(grounds: Grounds, code: str, outcome: str, changes: dict[str, Any]) -> None:
    case = _case(grounds, **changes)
    said = summarise(case)
    assert said.about.startswith("The golden point of Jaeger (2020): " + outcome)
    for part in (said.main, *said.more):
        assert re.fullmatch(r"[A-Z0-9].*\.", part), part
        assert not re.search(r"None|nan|inf |  |\.\.|\bo(f|n) \.", part), part
    assert reasons(case)[0].code == code
    silent = code in ("incomplete", "data", "diverged", "untrained")
    assert any(part.startswith("As good as the best:") for part in said.more) is not silent


def test_every_code_of_the_table_has_its_words() -> None:
    assert {code for row in TABLE for code in row.code.split(" | ")} <= set(CODES)


def test_the_three_statements_are_short_and_carry_their_numbers() -> None:
    found = Statements(
        AsGood(Answer.YES, 0.07, 0.14, 0.0, "best", 0.001, 1.0),
        OptimumThere(Answer.YES, 1.0, 1.6, identifiable=True),
        PlaceMatters(Answer.NO, 0.3, 0.22, 0.41, 0.0, 0.95),
    )
    assert statement_sentences(found, Terms("accuracy", 0.1, 0.3, 2.0)) == (
        "As good as the best: yes. On fresh seeds it loses at most 0.14 percentage points to any point run beside it "
        "(95 %); less than 0.30 percentage points counts as equal.",
        "The optimum is there: yes. It lies within a factor 1.6 of the claimed point (95 %), inside the claimed factor "
        "of 2.",
        "The place matters: no. 30 % of the box (95 %: 22 % to 41 %), with α from 0 to 0.950, is as good as the best "
        "within the margin: one good place among many.",
    )


def _first(**changes: Any) -> Iterator[AsGood]:
    yield replace(AsGood(Answer.UNDECIDED, None, None, None, None, None, None), **changes)


@pytest.mark.parametrize(
    ("changes", "objective", "said"),
    [
        ({}, "accuracy", "undecided. It has not been compared"),
        (
            {"loses_at_most": 0.0, "answer": Answer.YES},
            "accuracy",
            "yes. On fresh seeds no point run beside it does better (95 %)",
        ),
        (
            {"loses_at_most": 0.1},
            "cross_entropy",
            "undecided. On fresh seeds it loses at most 11 % in test cross-entropy to any",
        ),
        (
            {"loses_at_most": 1.2},
            "epochs_to_target",
            "it loses at most a factor 3.3 in epochs to target accuracy to any",
        ),
        (
            {"loses_at_least": 0.2, "loses_at_least_points": 0.31, "answer": Answer.NO, "arm": "default"},
            "accuracy",
            "no. On fresh seeds it loses at least 0.31 percentage points to the everyday default (95 %)",
        ),
        (
            {"answer": Answer.NO, "by_surface": True, "loses_at_least": 0.0},
            "accuracy",
            "and the fitted surface puts its loss above",
        ),
    ],
)
def test_the_first_statement_says_what_is_known(changes: dict[str, Any], objective: str, said: str) -> None:
    there = OptimumThere(Answer.UNDECIDED, None, None, identifiable=True)
    matters = PlaceMatters(Answer.UNDECIDED, None, None, None, None, None)
    first, second, third = statement_sentences(
        Statements(*_first(**changes), there, matters), Terms(objective, 0.1, None)
    )
    assert said in first
    assert "Nothing can be said yet about where" in second
    assert "Nothing can be said yet about how much" in third


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {},
            "undecided. It lies up to a factor 12.5 from the claimed point (95 %), inside or outside the claimed",
        ),
        ({"identifiable": False, "open_sides": ("eta low",)}, "its 95 % region reaches across the whole box."),
        (
            {"open_sides": ("eta high",)},
            "inside or outside the claimed factor of 2; it may lie beyond the box, at high η.",
        ),
        ({"doubt": "but the second method does not agree"}, "(95 %), but the second method does not agree."),
    ],
)
def test_the_second_statement_says_where_the_region_ends(changes: dict[str, Any], said: str) -> None:
    there = replace(OptimumThere(Answer.UNDECIDED, 1.0, 12.5, identifiable=True), **changes)
    matters = PlaceMatters(Answer.UNDECIDED, None, None, None, None, None)
    assert said in statement_sentences(Statements(*_first(), there, matters), Terms("accuracy", None, None, 2.0))[1]


def test_a_loss_that_the_surface_shows_is_said_with_the_surfaces_own_number(grounds: Grounds) -> None:
    least = 2.0 * (grounds.findings.margin or 0.0)
    location = {**OUT, "regret": Regret(1.5 * least, least, 3.0 * least)}
    shown = _case(grounds, location=location, p_surface_regret=SURE, regret=alike(better=SURE), place=BEYOND)
    assert shown.answers.statements.as_good.by_surface
    assert re.search(
        r"the fitted surface puts the loss at \S+ percentage points at the least \(95 %\), more than the margin",
        summarise(shown).main,
    )


def test_too_flat_is_said_only_where_it_is_shown(grounds: Grounds) -> None:
    for _, _, changes in CASES:
        case = _case(grounds, **changes)
        flat = "too flat" in summarise(case).text
        assert not flat or case.answers.statements.matters.answer is Answer.NO
    shown = _case(grounds, arms=GOOD, good=FLAT)
    assert "is a good point, among 50 % of the search space" in summarise(shown).main


def test_terms_that_are_not_the_default_stand_in_the_sentence(grounds: Grounds) -> None:
    case = _case(grounds, **HOLDS, **_terms(grounds, tolerance_factor=10.0, margin_sigmas=10.0))
    said = summarise(case)
    assert "near means within a factor 10 of the claim; the margin is 10 seed deviations" in said.about
    assert said.main.startswith("The claim says too little to be tested: its neighbourhood takes 54 %")
    assert "terms" not in summarise(_case(grounds, **HOLDS)).about


def test_an_interval_that_ends_at_the_box_is_left_open(grounds: Grounds) -> None:
    location = {**OUT, "eta": Interval(0.9, 0.45, 1.0), "alpha": Interval(0.5, 0.2, 0.6)}
    place = replace(BEYOND, open_sides=("eta high",))
    refuted = _case(grounds, arms=BAD, place=place, location=location)
    assert "(95 % region: η at least 0.45, α 0.2 to 0.6)" in place_sentence(refuted.grounds)
    assert "ends at the search space's edge (η at least 0.45)" in summarise(refuted).text
    edge = _case(grounds, place=Place(1.0, 9.0, identifiable=True, open_sides=("eta low",)), location=location)
    assert "η at most 1" in summarise(edge).main
    assert "widen the search space" in summarise(edge).main.lower()


def test_collapse_gives_its_counts_and_refutes_or_hinders(grounds: Grounds) -> None:
    counts = {"claim_failed": 5, "claim_runs": 38, "rivals_failed": 0, "rivals_runs": 90}
    refuted = _case(grounds, **HOLDS, collapse={**counts, "p_more": SURE, "refutes": True, "hinders": True})
    assert "Training fails too often at the claimed point: 5 of 38 runs" in summarise(refuted).main
    assert "against 0 of 90" in summarise(refuted).main
    hindered = _case(grounds, **HOLDS, collapse={**counts, "p_more": 0.04, "hinders": True})
    assert "is not called supported" in summarise(hindered).main


@pytest.mark.parametrize(
    ("kind", "advice"), [("diverged", "Lower learning rates"), ("untrained", "raise the learning")]
)
def test_advice_follows_the_cause(grounds: Grounds, kind: str, advice: str) -> None:
    own = replace(OutcomeCounts(30, 0, 0, 0), **{kind: 8})
    case = _case(grounds, arms=BAD, claim_outcomes=own, outcomes=replace(OutcomeCounts(400, 0, 0, 0), **{kind: 10}))
    text = reason_text(kind, case)
    assert text.startswith("8 of 38 runs at the claimed point (η 0.0159, α 0.874) and 10 of 410 runs in all")
    assert advice in text
    elsewhere = _case(grounds, outcomes=replace(OutcomeCounts(400, 0, 0, 0), **{kind: 30}))
    assert reason_text(kind, elsewhere).startswith("30 of 430 runs in all ")
    assert advice not in reason_text(kind, elsewhere), "no advice on corners of the map"
    every = _case(grounds, outcomes=replace(OutcomeCounts(0, 0, 0, 0), **{kind: 410}))
    assert every.decision.codes[0] == kind


def test_a_slow_run_is_never_said_to_need_a_lower_rate(grounds: Grounds) -> None:
    slow = OutcomeCounts(0, 0, 410, 0)
    for case in (
        _case(grounds, outcomes=slow, claim_outcomes=slow),
        _case(grounds, claim_outcomes=OutcomeCounts(20, 0, 18, 0)),
    ):
        assert "ower the learning" not in summarise(case).text
        assert "ower learning" not in summarise(case).text


def test_runs_that_nothing_explains_are_not_said_to_need_a_lower_rate(grounds: Grounds) -> None:
    mixed, alone = OutcomeCounts(30, 0, 0, 8, unexplained=6), OutcomeCounts(30, 0, 0, 8, unexplained=8)
    first, second = (
        reason_text("diverged", _case(grounds, outcomes=own, claim_outcomes=own)) for own in (mixed, alone)
    )
    assert "2 of 38 runs in all diverged" in first and "6 of 38 runs in all ended at chance, and no curve" in first
    assert "diverged" not in second and "look at the learning curves" in second


def test_a_loss_is_named_with_the_arm_and_its_pairs(grounds: Grounds) -> None:
    best = next(c for c in grounds.findings.comparisons if c.arm == "best")
    case = _case(grounds, arms=(arm("best", **alike(p_greater=SURE)),))
    assert f"(η {best.eta:.3g}, α {best.alpha:.3g}) beats the claimed point" in summarise(case).main
    assert "over 30 pairs" in summarise(case).main


def test_small_words() -> None:
    assert amount(0.05, None, "own_loss") == "5.1 % in test loss (its own)"


def test_lower_rates_are_advised_only_where_divergence_grows_with_the_rate(grounds: Grounds) -> None:
    evidence = grounds.findings.evidence
    runs, rate = evidence.runs, evidence.runs.eta / (1.0 - evidence.runs.alpha)
    counted = {"claim_outcomes": OutcomeCounts(30, 0, 0, 8), "outcomes": OutcomeCounts(400, 0, 0, 10)}
    for broken, advised in ((rate >= np.quantile(rate, 0.9), True), (np.arange(len(rate)) % 10 == 0, False)):
        cause = np.where(broken, Cause.DIVERGED.value, runs.cause)
        changed = replace(runs, diverged=broken, cause=cause)
        text = reason_text("diverged", _case(grounds, **counted, evidence={"runs": changed}))
        assert ("Lower learning rates keep runs from it." in text) is advised


def test_a_share_whose_interval_has_no_width_has_none_said() -> None:
    found = PlaceMatters(Answer.YES, 0.0008, 0.0008, 0.00080001, None, None)
    there = OptimumThere(Answer.UNDECIDED, None, None, identifiable=True)
    third = statement_sentences(Statements(*_first(), there, found), Terms("accuracy", 0.1, None))[2]
    assert "Only 0.08 % of the box is as good" in third


def test_not_specific_says_what_was_set_beside_the_claim(grounds: Grounds) -> None:
    said = reason_text("not_specific", _case(grounds, **HOLDS))
    assert "ridge mates and the everyday default do worse is not shown of all" in said
    alone = reason_text("not_specific", _case(grounds, **HOLDS, findings={"comparisons": ()}))
    assert "no other point of the neighbourhood was set beside it" in alone and "about as well" not in alone
