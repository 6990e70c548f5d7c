"""Suggestions of an objective against the claim's parameters."""

from __future__ import annotations

import pytest
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from own_plans import own_study

from golden_study.sampler.suggested import fault_of, inside

SPEC = own_study()
LR, BETA = SPEC.axes.both


@pytest.mark.parametrize(
    "asked", [FloatDistribution(1e-4, 1.0), FloatDistribution(1e-4, 1.0, log=True), FloatDistribution(1e-4, 1 + 1e-12)]
)
def test_the_claims_range_is_taken_on_either_scale(asked: BaseDistribution) -> None:
    assert fault_of(SPEC, LR, "lr", asked) is None


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (FloatDistribution(1e-4, 0.9), "make them the same"),
        (FloatDistribution(0.0, 1.0), "make them the same"),
        (FloatDistribution(0.0, 1.0, step=0.1), "without a step"),
        (IntDistribution(0, 1), "suggest_float"),
    ],
)
def test_others_are_refused(asked: BaseDistribution, text: str) -> None:
    assert text in str(fault_of(SPEC, LR, "lr", asked))
    assert "lr and beta1" in str(fault_of(SPEC, None, "rate", asked))


def test_rounding_at_a_bound_is_taken_off_and_nothing_else() -> None:
    assert inside(LR, 1.0 + 1e-12) == 1.0 and inside(BETA, 1e-13) == 0.0
    assert inside(LR, 1.5) == 1.5 and inside(LR, 0.3) == 0.3
