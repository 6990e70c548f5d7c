"""The claim: its defaults are the paper's point, its bounds hold, and another objective is exploratory."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from studies import golden
from studies.language.claim import OBJECTIVES, Claim, exploratory


def test_the_default_claim_is_the_golden_point() -> None:
    claim = Claim()
    assert (claim.eta, claim.alpha) == (golden.ETA, golden.ALPHA)
    assert claim.eta == pytest.approx((1.0 - claim.alpha) ** 2)
    assert (claim.tolerance_factor, claim.margin_sigmas, claim.level, claim.first_look) == (2.0, 0.954, 0.05, 0.9)
    assert (claim.objective, claim.primary_loss) == ("accuracy", "golden")


@pytest.mark.parametrize(
    "change",
    [
        {"eta": 0.0},
        {"eta": 100.1},
        {"alpha": 1.0},
        {"tolerance_factor": 1.0},
        {"margin_sigmas": 0.0},
        {"level": 0.5},
        {"first_look": 0.0},
        {"objective": "f1"},
        {"curve": "eta=alpha"},
        {"eta": float("nan")},
        {"eta": "0.1"},
        {"sigma": 1.0},
    ],
)
def test_a_claim_refuses_what_means_nothing(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Claim.model_validate(change)


def test_a_claim_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Claim().eta = 0.1


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_only_another_objective_than_the_claims_is_exploratory(objective: str) -> None:
    assert exploratory(objective, objective) == ""
    for other in set(OBJECTIVES) - {objective}:
        assert exploratory(other, objective).startswith(f"Exploratory: only {objective.replace('_', ' ')} was fixed")
