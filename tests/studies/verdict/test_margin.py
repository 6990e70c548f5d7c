from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from studies.language.claim import OBJECTIVES, Claim
from studies.language.objective_names import SHARES
from studies.language.versions import MARGIN_FLOOR
from studies.verdict.margin import best_accuracy, drop, in_points, margin_of
from studies.verdict.model import Evidence
from studies.verdict.rows import paired_arms, sample_of


def _logit(share: float) -> float:
    return math.log(share / (1.0 - share))


class _Named(Claim):
    """A claim that names its margin, as documents of version 3 may."""

    margin_points: float | None = None
    margin_error_share: float | None = None
    margin_floor: float | None = None


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_margin_by_sigmas_has_a_floor_in_every_objective(objective: str) -> None:
    for claim, least in ((Claim(), MARGIN_FLOOR), (_Named(margin_floor=0.02), 0.02)):
        assert margin_of(claim, 0.2, objective=objective, accuracy=0.9) == pytest.approx(0.954 * 0.2)
        assert margin_of(claim, 1e-9, objective=objective, accuracy=None) == least
        assert margin_of(claim, None, objective=objective, accuracy=0.9) is None


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_margin_in_points_is_counted_down_from_the_best_accuracy(objective: str) -> None:
    claim = _Named(margin_points=0.5)
    found = margin_of(claim, 0.1, objective=objective, accuracy=0.98)
    if objective in SHARES:
        assert found == pytest.approx(_logit(0.98) - _logit(0.975))
        assert in_points(found or 0.0, 0.98) == pytest.approx(0.5)
        assert margin_of(claim, 0.1, objective=objective, accuracy=None) is None
    else:
        assert found == pytest.approx(0.954 * 0.1), "a loss has no percentage points"


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_margin_as_a_share_is_one_of_the_error_the_loss_or_the_epochs(objective: str) -> None:
    found = margin_of(_Named(margin_error_share=0.1), None, objective=objective, accuracy=0.98)
    expected = _logit(0.98) - _logit(0.978) if objective in SHARES else math.log(1.1)
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("accuracy", [0.0, 1e-9, 0.1, 0.5, 1.0 - 1e-9, 1.0])
@pytest.mark.parametrize("loss", [1e-6, 0.005, 0.5, 5.0])
def test_no_accuracy_and_no_loss_gives_a_margin_that_is_not_finite(accuracy: float, loss: float) -> None:
    assert 0.0 <= drop(accuracy, loss) < 30.0
    for claim in (_Named(margin_points=100.0 * loss), _Named(margin_error_share=loss)):
        found = margin_of(claim, 0.1, objective="accuracy", accuracy=accuracy)
        assert found is not None
        assert 0.0 <= found < 30.0
    assert 0.0 <= in_points(800.0, accuracy) <= 100.0


def test_the_level_is_that_of_the_best_arm_and_not_the_claims(by_hand: Callable[[list[Any]], Evidence]) -> None:
    rows = [
        ("confirm", arm, i, 0, eta, 0.8, n, False)
        for i in range(2)
        for arm, eta, n in (("best", 0.03, 980), ("x", 0.1, 900))
    ]
    sample = sample_of(by_hand([*rows, ("confirm", "lone", 0, 0, 0.2, 0.8, 999, False)]))
    assert best_accuracy(sample, paired_arms(sample)) == pytest.approx(0.98), "one run is no level"
    lone = sample_of(by_hand([("map", "point", 0, 0, 0.1, 0.5, 930, False)]))
    assert best_accuracy(lone, []) == pytest.approx(0.93)
    assert best_accuracy(sample_of(by_hand(rows)), []) == pytest.approx(0.98)
