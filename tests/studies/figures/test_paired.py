"""Paired differences: their unit, and their outcome in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from studies.figures.pair_strips import MOST_PAIRS, Pair, strip
from studies.figures.paired import BAND, PairedInfo, arm_name, paired_figure, paired_info
from studies.verdict.model import Interval, SweepVerdict

MakeVerdict = Callable[..., SweepVerdict]


def test_paired_falls_back_to_response_units(make_verdict: MakeVerdict) -> None:
    verdict = make_verdict()
    info = paired_info(verdict)
    assert info.unit == "percentage points of accuracy"
    assert info.margin == 0.3
    assert info.rows[1].outcome == "worse than the claim by more than the margin"
    assert info.rows[1].name == "α 0, same η/(1−α)"
    assert paired_info(None).empty


def test_one_row_without_percentage_points_puts_all_in_response_units(make_verdict: MakeVerdict) -> None:
    verdict = make_verdict()
    first, *others = verdict.comparisons
    mixed = replace(verdict, comparisons=(replace(first, difference_points=Interval(None, None, None)), *others))
    info = paired_info(mixed)
    assert (info.unit, info.margin) == ("response units", verdict.margin)
    assert info.rows[0].difference == first.difference


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.4, 0.6, "better than the claim by more than the margin"),
        (-0.6, -0.4, "worse than the claim by more than the margin"),
        (-0.1, 0.2, "equal to the claim within the margin of 0.30"),
        (0.1, 0.6, "better than the claim, by how much is open"),
        (-0.6, -0.1, "worse than the claim, by how much is open"),
        (-0.6, 0.6, "no difference shown"),
        (None, None, "not decided"),
    ],
)
def test_an_interval_has_one_outcome(
    low: float | None, high: float | None, said: str, make_verdict: MakeVerdict
) -> None:
    verdict = make_verdict()
    one = replace(verdict.comparisons[0], difference_points=Interval(0.0, low, high))
    assert paired_info(replace(verdict, comparisons=(one,))).rows[0].outcome == said


def test_arms_are_named_in_words() -> None:
    assert arm_name("best") == "best fitted point"
    assert arm_name("decoy:3") == "decoy 4"
    assert arm_name("other") == "other"


def with_pairs(info: PairedInfo, count: int) -> PairedInfo:
    """Its first row with so many single pairs."""
    first, *others = info.rows
    return replace(info, rows=(replace(first, strip=strip([Pair(i, 0, 0.1 * i) for i in range(count)])), *others))


def test_single_pairs_lie_below_the_interval_of_their_row(make_verdict: MakeVerdict) -> None:
    info = with_pairs(paired_info(make_verdict()), 5)
    pairs, intervals = paired_figure(info).data
    assert pairs.x == pytest.approx((0.0, 0.1, 0.2, 0.3, 0.4))
    assert all(BAND[0] <= height <= BAND[1] for height in pairs.y)
    assert intervals.y[0] < min(pairs.y), "the axis runs downwards"
    assert "block 3, run 0" in pairs.hovertext[3]
    (alone,) = paired_figure(paired_info(make_verdict())).data
    assert list(alone.y) == [0, 1, 2]


def test_pairs_that_are_left_out_are_said(make_verdict: MakeVerdict) -> None:
    plain = paired_info(make_verdict())
    assert (plain.thinned, with_pairs(plain, MOST_PAIRS).thinned) == ("", "")
    many = with_pairs(plain, 2 * MOST_PAIRS)
    assert many.thinned == "Of 400 pairs of a point 200 are drawn, an even choice."
    shown = paired_figure(many).layout.xaxis.title.text.replace("<br>", " ")
    assert many.thinned in shown
