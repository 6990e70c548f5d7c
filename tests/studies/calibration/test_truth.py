"""The truth about planted landscapes, and which verdicts it makes right or false."""

from __future__ import annotations

import math

import pytest

from studies.calibration.landscapes import SCENARIOS
from studies.calibration.planted_runs import BLOCK_SHARE
from studies.calibration.scenarios import every_scenario
from studies.calibration.truth import Truth, truth_of
from studies.language.claim import Claim
from studies.language.space import EtaRange, SearchSpace
from studies.verdict.answers import Answer
from studies.verdict.model import Outcome

YES, NO, UNDECIDED = Answer.YES, Answer.NO, Answer.UNDECIDED


def truth(key: str, space: SearchSpace | None = None) -> Truth:
    return truth_of(every_scenario()[key].study(0, 0), Claim(), space or SearchSpace())


@pytest.mark.parametrize(
    ("key", "as_good", "there", "matters", "right"),
    [
        ("A", YES, YES, YES, Outcome.SUPPORTED),
        ("A-two", YES, YES, YES, Outcome.SUPPORTED),
        ("A-claim25", YES, YES, YES, Outcome.REFUTED),
        ("D", YES, NO, YES, Outcome.REFUTED),
        ("E", NO, NO, YES, Outcome.REFUTED),
        ("J", YES, UNDECIDED, NO, None),
        ("V", NO, YES, YES, None),
        ("W", NO, NO, YES, Outcome.REFUTED),
        ("tie", YES, UNDECIDED, YES, None),
        ("tie-out", NO, NO, YES, Outcome.REFUTED),
        ("lower-in", YES, YES, YES, Outcome.SUPPORTED),
        ("spike-0.2", NO, NO, YES, Outcome.REFUTED),
        ("beyond-eta", NO, NO, YES, Outcome.REFUTED),
    ],
)
def test_statements_and_the_right_verdict(
    key: str, as_good: Answer, there: Answer, matters: Answer, right: Outcome | None
) -> None:
    found = truth(key)
    assert (found.as_good, found.there, found.matters, found.right) == (as_good, there, matters, right)


def test_the_margin_is_that_of_the_noise_within_a_paired_block() -> None:
    assert truth("A").margin == pytest.approx(0.954 * 0.12 * math.sqrt(1.0 - BLOCK_SHARE))


def test_false_verdicts_are_those_against_the_truth() -> None:
    margin = 0.1
    supportable = {key for key in SCENARIOS if truth(key).may_support(margin)}
    refutable = {key for key in SCENARIOS if truth(key).may_refute(margin)}
    assert supportable == set("ABCHKMPRT")
    assert refutable == set("DEFGILNOQSUV")
    assert not truth("tie").may_support(margin) and not truth("tie").may_refute(margin)
    assert truth("A-claim12").may_refute(margin) and not truth("A-claim12").may_support(margin)
    assert truth("V").may_support(1.0), "within a margin that the study measured too wide"


def test_a_top_beyond_the_box_is_sought_on_its_edge_and_found_inside_a_wider_one() -> None:
    wide = SearchSpace(eta=EtaRange(high=4.0))
    on_edge, within = truth("beyond-eta"), truth("beyond-eta", wide)
    assert on_edge.tops[0][0] == pytest.approx(0.0)
    assert within.tops == ((pytest.approx(math.log(2.0)), pytest.approx(-math.log(1.0 - Claim().alpha))),)
    assert within.claim_loss > on_edge.claim_loss


def test_the_good_share_is_a_share_of_the_box() -> None:
    assert truth("J").good_share == 1.0
    assert 0.0 < truth("cusp-in").good_share < truth("A").good_share < truth("B").good_share < 1.0
