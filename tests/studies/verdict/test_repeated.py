"""Comparisons of a sequential confirmation: what a p-value is worth, and how wide an interval has to be."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scipy.stats import t as student

from studies.verdict.findings import gather
from studies.verdict.looks import blocks_so_far, read, resolved_level, share
from studies.verdict.model import UNKNOWN, Evidence, Interval
from studies.verdict.repeated import repeated_interval
from studies.verdict.sequential import Looks

SHIPPED = Looks((10, 15, 20, 25, 30, 40), 192, 6)


def test_without_a_schedule_everything_stays_as_it_is(supported: Evidence) -> None:
    interval = Interval(0.0, -1.0, 1.0)
    assert read(supported, 0.03) == 0.03 and read(supported, None) is None
    assert resolved_level(supported, 0.045) == 0.045
    assert repeated_interval(interval, supported, 30) == interval


def test_a_p_value_pays_for_the_looks_by_the_blocks_of_its_own_arm(supported: Evidence) -> None:
    sequential = replace(supported, schedule=SHIPPED)
    assert blocks_so_far(sequential) == 30
    assert read(sequential, 0.03) == pytest.approx(SHIPPED.valid(0.03, 30))
    assert read(sequential, 0.03, pairs=10) == pytest.approx(SHIPPED.valid(0.03, 10))
    assert read(sequential, 0.03, pairs=9) == read(sequential, 0.03, pairs=10), "a lost run changes no look"
    assert read(sequential, None) is None


def test_a_later_look_reads_its_own_blocks_plainly_and_charges_what_was_settled_to_the_first(
    supported: Evidence,
) -> None:
    later = replace(supported, schedule=SHIPPED, looks=2)
    assert read(later, 0.03, pairs=80) == 0.03
    settled = read(later, 0.003, pairs=10)
    assert settled is not None
    first = SHIPPED.valid(0.003, 10) / share(later.claim, 1)
    assert settled / share(later.claim, 2) == pytest.approx(first)


def test_intervals_widen_to_repeated_ones(supported: Evidence) -> None:
    sequential = replace(supported, schedule=SHIPPED)
    half = float(student.isf(0.025, 29))
    found = repeated_interval(Interval(2.0, 2.0 - half, 2.0 + half), sequential, 30)
    each = SHIPPED.level_at(30, 0.025)
    assert found.high == pytest.approx(2.0 + float(student.isf(each, 29)))
    assert found.low == pytest.approx(4.0 - found.high) and found.estimate == 2.0
    assert repeated_interval(UNKNOWN, sequential, 0) == UNKNOWN


def test_findings_of_a_sequential_confirmation_claim_no_more_than_those_of_a_fixed_one(supported: Evidence) -> None:
    fixed, paid = gather(supported), gather(replace(supported, schedule=Looks((10, 15, 20, 25, 30), 192, 6)))
    assert (paid.margin, paid.location.eta) == (fixed.margin, fixed.location.eta) or paid.location.eta.low is not None
    assert paid.regret.equivalent > fixed.regret.equivalent  # type: ignore[operator]
    for one, other in zip(fixed.comparisons, paid.comparisons, strict=True):
        assert other.p_equivalent >= one.p_equivalent  # type: ignore[operator]
        assert other.difference.high > one.difference.high  # type: ignore[operator]
