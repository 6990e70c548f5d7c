"""Simulated studies judged and counted: right where the truth is plain, never falsely decided."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from studies.calibration.error_rates import error_rates
from studies.calibration.judging import Judged, Said
from studies.calibration.landscapes import SCENARIOS
from studies.calibration.scenarios import every_scenario
from studies.calibration.truth import Truth
from studies.calibration.verdict_rates import Row, calibrate, count_answers, tally
from studies.verdict.answers import Answer
from studies.verdict.model import Outcome

STUDIES = {"A": 20, "D": 6, "E": 20, "H": 20, "J": 20}
INSIDE = Truth(((0.0, 0.0),), ((0.0, 0.0),), 1, claim_loss=0.15, margin=0.1, good_share=0.05, claim_collapses=False)


@cache
def simulated(key: str) -> Row:
    """A scenario's counts, simulated once, by the first test that asks: none waits for all of them."""
    return next(calibrate([SCENARIOS[key]], STUDIES[key], 42))


def test_support_of_a_claim_that_loses_is_counted_as_false() -> None:
    judged = [Judged(Outcome.SUPPORTED, "specific", INSIDE, margin=margin) for margin in (0.1, 0.1, 0.2, None)]
    row = tally(SCENARIOS["V"], judged)
    assert (row.false_supported, row.false_refuted, row.unsupportable, row.irrefutable) == (3, 0, 3, 1)
    rates = error_rates([row])
    assert (rates.false_supported.count, rates.false_supported.n, rates.false_refuted.n) == (3, 3, 1)
    refuted = tally(SCENARIOS["V"], [replace(each, outcome=Outcome.REFUTED) for each in judged])
    assert (refuted.false_supported, refuted.false_refuted) == (0, 1)


def test_a_tie_is_covered_by_one_top_and_fully_by_both() -> None:
    tie = replace(INSIDE, tops=((0.0, 0.0), (1.0, 1.0)), places=((0.0, 0.0), (1.0, 1.0)))
    judged = [Judged(Outcome.INCONCLUSIVE, "power", tie, held=held, area=0.1 * (held or 0)) for held in (0, 1, 2, 2)]
    row = tally(every_scenario()["tie"], [*judged, Judged(Outcome.INCONCLUSIVE, "incomplete", tie)])
    assert (row.located, row.covered, row.tied, row.covered_all, row.coverage) == (4, 3, 4, 2, 0.75)
    assert row.median_area == pytest.approx(0.15)
    assert row.inconclusive == {"incomplete": 1, "power": 4}


def test_right_verdicts_are_counted_where_one_is_right() -> None:
    near = replace(INSIDE, claim_loss=0.05)
    found = [Judged(outcome, "", near) for outcome in (Outcome.SUPPORTED, Outcome.INCONCLUSIVE)]
    row = tally(SCENARIOS["A"], [*found, Judged(Outcome.SUPPORTED, "", INSIDE)])
    assert (row.decidable, row.right) == (2, 1)


def test_statements_are_held_against_the_truth() -> None:
    yes, no, undecided = Answer.YES, Answer.NO, Answer.UNDECIDED
    counts = count_answers([(yes, yes), (yes, no), (yes, undecided), (no, yes), (no, no), (undecided, no)])
    assert (counts.yes, counts.no, counts.undecided) == (3, 2, 1)
    assert (counts.false_yes, counts.may_not_yes) == (2, 4)
    assert (counts.false_no, counts.may_not_no) == (1, 3)
    said = Said(no, yes, undecided, collapse_refutes=True, collapse_hinders=True, share_held=True)
    row = tally(SCENARIOS["V"], [Judged(Outcome.REFUTED, "collapse", INSIDE, margin=0.1, said=said)])
    assert (row.statements["as_good"].no, row.statements["as_good"].false_no) == (1, 0)
    assert row.collapses is not None
    assert (row.collapses.refuted, row.collapses.false_refuted, row.collapses.alike) == (1, 1, 1)
    assert (row.shares, row.shares_held) == (1, 1)


@pytest.mark.parametrize("key", STUDIES)
def test_no_verdict_is_false(key: str) -> None:
    assert (simulated(key).false_supported, simulated(key).false_refuted) == (0, 0)


def test_near_miss_is_not_supported() -> None:
    row = simulated("D")
    assert (row.studies, row.supported) == (6, 0)
    assert row.coverage == 1.0


def test_planted_golden_optimum_is_mostly_supported() -> None:
    assert simulated("A").supported >= 0.6 * STUDIES["A"]
    assert simulated("A").refuted == 0


def test_planted_distant_optimum_is_mostly_refuted() -> None:
    assert simulated("E").refuted >= 0.9 * STUDIES["E"]
    assert simulated("E").supported == 0


def test_no_signal_is_never_supported() -> None:
    assert (simulated("J").supported, simulated("J").refuted) == (0, 0)


@pytest.mark.parametrize("key", ["A", "E", "H", "J"])
def test_region_holds_the_planted_optimum(key: str) -> None:
    coverage = simulated(key).coverage
    assert coverage is not None
    assert coverage >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / STUDIES[key])


def test_calibration_repeats_by_seed_in_any_number_of_processes() -> None:
    planted = [SCENARIOS["E"], every_scenario()["random-in-two"]]
    assert list(calibrate(planted, 3, 5)) == list(calibrate(planted, 3, 5, processes=2))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("key", sorted(SCENARIOS))
def test_error_rates_hold_over_two_hundred_studies(key: str) -> None:
    (row,) = calibrate([SCENARIOS[key]], 200, 2020)
    slack = 2 * np.sqrt(0.05 * 0.95 / row.studies)
    assert (row.false_supported + row.false_refuted) / row.studies <= 0.05 + slack
    assert row.coverage is not None
    assert row.coverage >= 0.9 - slack
