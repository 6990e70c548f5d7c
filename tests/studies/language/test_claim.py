"""The claim: its defaults are the paper's point, its bounds hold, and another objective is exploratory."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from studies import golden
from studies.language.claim import OBJECTIVES, Claim, exploratory
from studies.language.validation import problems_of


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


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"margin_points": 1.0, "margin_sigmas": 0.954}, "margin_points", "is set beside margin_sigmas; name one"),
        (
            {"margin_points": 1.0, "margin_error_share": 0.1},
            "margin_error_share",
            "is set beside margin_points; name one margin, null for the others",
        ),
        ({"margin_points": 1.0, "margin_floor": 0.1}, "margin_floor", "which is not set; remove it"),
        ({"margin_points": 1.0, "objective": "cross_entropy"}, "margin_points", "the objective is cross_entropy"),
        ({"margin_sigmas": None}, "margin_sigmas", "is null; set it to a number such as 0.954"),
        ({"decoys": [{"eta": golden.ETA, "alpha": golden.ALPHA}]}, "decoys.0", "is the claim's own point; remove it"),
        ({"decoys": [{"eta": 0.1, "alpha": 0.9}] * 2}, "decoys.1", "is the point of decoys.0; remove one"),
    ],
)
def test_terms_that_contradict_each_other_are_named_with_the_cure(
    change: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        Claim.model_validate(change)
    [problem] = problems_of(caught.value.errors())
    assert problem.field == field
    assert sentence in problem.text


def test_another_margin_takes_the_place_of_the_margin_by_sigmas() -> None:
    for name in ("margin_points", "margin_error_share"):
        claim = Claim.model_validate({name: 0.5})
        assert (claim.margin_sigmas, claim.margin_floor) == (None, None)
        assert Claim.model_validate_json(claim.model_dump_json()) == claim
