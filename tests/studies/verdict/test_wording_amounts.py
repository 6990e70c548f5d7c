"""Differences of responses in the reader's units."""

from __future__ import annotations

import math

import pytest

from studies.verdict.wording_amounts import amount, arm_phrase


@pytest.mark.parametrize(
    ("response", "points", "objective", "long", "short"),
    [
        (0.02, 0.14, "accuracy", "0.14 percentage points", "0.14 points"),
        (0.2, None, "accuracy", "0.20 on the logit scale", "0.20 logit"),
        (math.log(1.5), None, "cross_entropy", "50 % in test cross-entropy", "50 %"),
        (0.0, None, "epochs_to_target", "0 % in epochs to target accuracy", "0 %"),
        (0.1, None, "score", "11 % in score", "11 %"),
        (1.2, None, "epochs_to_target", "a factor 3.3 in epochs to target accuracy", "a factor 3.3"),
        (None, None, "accuracy", "–", "–"),
        (math.inf, math.nan, "accuracy", "–", "–"),
    ],
)
def test_an_amount_has_its_unit(
    response: float | None, points: float | None, objective: str, long: str, short: str
) -> None:
    assert amount(response, points, objective) == long
    assert amount(response, points, objective, short=True) == short


def test_a_huge_difference_is_still_a_number() -> None:
    assert amount(1e4, None, "own_loss", short=True).startswith("a factor 5.2e")


@pytest.mark.parametrize(
    ("arm", "phrase"),
    [
        ("best", "the best fitted point"),
        ("likeliest", "the optimum’s likeliest place"),
        ("rival", "the far rival"),
        ("mate:0.97", "the point with α 0.97 and the same η/(1−α)"),
        ("decoy:0", "decoy 1"),
        ("decoy:x", "a decoy"),
        ("other", "another point"),
    ],
)
def test_an_arm_within_a_sentence(arm: str, phrase: str) -> None:
    assert arm_phrase(arm) == phrase
