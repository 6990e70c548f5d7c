"""Sentences about the ridge's slope and about whose optimum lies nearer."""

from __future__ import annotations

import pytest

from studies.figures.readings import nearness_reading, slope_reading
from studies.language.claim import Claim
from studies.verdict.model import Interval, Nearness


@pytest.mark.parametrize(
    ("interval", "said"),
    [
        ((-1.1, -1.4, -0.8), "That is the ridge"),
        ((-2.1, -2.6, -1.7), "That is the claim’s curve"),
        ((-1.5, -2.4, -0.6), "do not tell them apart"),
        ((-0.2, -0.9, 0.1), "the ridge is nearer"),
        ((-3.0, -3.5, -2.5), "the claim’s curve is nearer"),
    ],
)
def test_the_interval_decides_between_ridge_and_curve(interval: tuple[float, float, float], said: str) -> None:
    text = slope_reading(Interval(*interval), Claim())
    assert said in text
    assert text.startswith("Over α, the best η has slope −")


def test_a_claim_without_a_curve_is_set_against_the_ridge_alone() -> None:
    claim = Claim(curve="none")
    assert "agrees with the ridge" in slope_reading(Interval(-1.0, -1.2, -0.9), claim)
    assert "lies outside" in slope_reading(Interval(-0.2, -0.5, 0.1), claim)
    assert "(1−α)²" not in slope_reading(Interval(-2.0, -2.2, -1.9), claim)


def test_no_interval_no_sentence() -> None:
    assert slope_reading(Interval(None, None, None), Claim()) == ""
    assert nearness_reading(()) == ""


def _rows(*shares: float) -> list[Nearness]:
    return [Nearness("paper", "golden", other, p) for other, p in zip(("sse", "cross_entropy"), shares, strict=True)]


@pytest.mark.parametrize(
    ("shares", "answer"),
    [
        ((0.99, 0.96), "Very probably yes."),
        ((0.01, 0.05), "Very probably not"),
        ((0.5, 0.9), "The data do not tell."),
        ((0.02, 0.35), "Very probably farther than squared error; against cross-entropy the data do not tell."),
        ((0.98, 0.01), "Very probably nearer than squared error and farther than cross-entropy."),
    ],
)
def test_nearness_is_answered_by_clear_shares_only(shares: tuple[float, float], answer: str) -> None:
    text = nearness_reading(_rows(*shares))
    assert answer in text
    assert "the golden loss nearer to the claim" in text


def test_nearness_over_several_contexts_gives_each_share() -> None:
    rows = [Nearness(context, "golden", "sse", p) for context, p in (("paper", 0.5), ("other", 0.99))]
    text = nearness_reading(rows)
    assert "paper 50 %, other 99 %: very probably in other." in text
    unclear = [Nearness(context, "golden", "sse", 0.5) for context in ("paper", "other")]
    assert nearness_reading(unclear).endswith("the data do not tell in any context.")
