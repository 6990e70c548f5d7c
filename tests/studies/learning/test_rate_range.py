"""The bounds that a learning-rate range test shows, on curves whose bounds are plain to see."""

from __future__ import annotations

import csv
import io
import json
import math
from itertools import pairwise

import pytest

from studies.learning.rate_range import NAME, RateRange, Stage, rates

ENTROPY = math.log(10.0)


def measured(*shares: float | None, start: float = 0.1, tau: float = 0.01) -> RateRange:
    """A test whose information is these shares of the labels' entropy, at eta 1, 2, 4, ..."""
    stages = [
        Stage(2.0**k, None if s is None else s * ENTROPY, None if s is None else 1.0) for k, s in enumerate(shares)
    ]
    return RateRange(start * ENTROPY, ENTROPY, tau, 100, tuple(stages))


def test_the_rates_double_from_a_millionth_to_ten() -> None:
    found = rates()
    assert found[0] == 1e-6
    assert found[-1] <= 10.0 < 2.0 * found[-1]
    assert all(after == 2.0 * before for before, after in pairwise(found))
    assert len(found) == 24


@pytest.mark.parametrize(
    ("shares", "lo", "hi"),
    [
        ((0.1, 0.105, 0.12, 0.5, 0.9, 0.95, 0.9, 0.5, 0.1), 4.0, 64.0),
        ((0.1, 0.1, 0.3, 0.8, 0.7, 0.79, 0.1), 4.0, 8.0),  # under 90 % once: what comes back later does not count
        ((0.1, 0.3, 0.8, 0.73), 2.0, 8.0),  # 91 % of the best
        ((0.05, 0.1, 0.105, 0.5), 8.0, 8.0),  # what had sunk before is no rise
        ((0.3, 0.5, None), 1.0, 2.0),  # the next rate diverged
        ((0.105, 0.109, 0.118), None, 4.0),  # too little in each stage
        ((0.1, 0.1, 0.05), None, None),
        ((None,), None, None),
        ((), None, None),
    ],
)
def test_the_bounds(shares: tuple[float | None, ...], lo: float | None, hi: float | None) -> None:
    found = measured(*shares)
    assert (found.lo, found.hi) == (lo, hi)


def test_a_lower_bound_does_not_lie_above_the_rate_that_knows_most() -> None:
    found = measured(0.1, 0.105, 0.11, 0.115, 0.05, 0.115)
    assert (found.lo, found.hi) == (None, 8.0)


def test_a_smaller_threshold_finds_a_lower_rate() -> None:
    assert measured(0.105, 0.2, tau=0.004).lo == 1.0
    assert measured(0.105, 0.2, tau=0.01).lo == 2.0


def test_the_sentence_says_what_was_found_and_that_it_is_a_reconstruction() -> None:
    assert measured(0.3, 0.8, 0.2).summary == f"{NAME}: lo = 1; hi = 2."
    assert measured(0.3, 0.8).summary == f"{NAME}: lo = 1; hi = 2, the highest rate tried."
    assert measured(0.3, 0.8, None).summary == f"{NAME}: lo = 1; hi = 2."
    small = measured(0.105, 0.109).summary
    assert (
        small
        == f"{NAME}: no rate raised the information by 0.01 H(label) within 50 steps; hi = 2, the highest rate tried."
    )
    assert measured(0.1).summary.startswith(f"{NAME}: no learning rate from 1e-06 to 10 raised the information")
    assert "reconstruction" in NAME


def test_labels_of_one_class_show_no_bounds() -> None:
    found = RateRange(0.0, 0.0, 0.01, 5, (Stage(1.0, 0.0, 1.0),))
    assert (found.lo, found.hi) == (None, None)


def test_it_reads_back_as_itself() -> None:
    found = measured(0.3, 0.8, None)
    assert RateRange.from_json(json.loads(json.dumps(found.to_json(), allow_nan=False))) == found
    rows = list(csv.DictReader(io.StringIO(found.to_csv())))
    assert [float(row["eta"]) for row in rows] == [1.0, 2.0, 4.0]
    assert {row["method"] for row in rows} == {NAME}
    assert float(rows[1]["share_of_entropy"]) == pytest.approx(0.8)
    assert rows[2]["information_nats"] == rows[2]["training_loss"] == ""
