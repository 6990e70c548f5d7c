from __future__ import annotations

from dataclasses import replace

import pytest

from studies.verdict import levels
from studies.verdict.levels import Levels, arm_weights, levels_of
from studies.verdict.model import Evidence


def test_the_ways_to_refute_share_one_level() -> None:
    found = Levels(whole=0.045, shown=0.045)
    assert found.collapse + found.arm + found.surface + found.place == pytest.approx(0.045)
    assert pytest.approx(1.0) == levels.COLLAPSE + levels.ARM + levels.SURFACE + levels.PLACE
    assert Levels(0.05, 0.05).collapse == pytest.approx(0.0225)


def test_all_looks_together_spend_the_claims_level_and_show_bounds_at_95_percent(supported: Evidence) -> None:
    every = [levels_of(replace(supported, looks=look)) for look in range(1, 5)]
    assert sum(found.whole for found in every) == pytest.approx(0.05, rel=0.02)
    loose = supported.claim.model_copy(update={"level": 0.4})
    found = levels_of(replace(supported, claim=loose))
    assert (found.whole, found.shown) == (pytest.approx(0.36), pytest.approx(0.045)), "95 % is 95 % whatever the level"


@pytest.mark.parametrize(
    ("arms", "weights"),
    [
        ([], []),
        (["best"], [1.0]),
        (["default"], [1.0]),
        (["best", "inside", "default"], [0.5, 0.25, 0.25]),
        (["inside", "default"], [0.5, 0.5]),
        (["best", "best", "inside"], [0.25, 0.25, 0.5]),
    ],
)
def test_the_best_point_has_half_of_the_weight(arms: list[str], weights: list[float]) -> None:
    assert arm_weights(arms) == weights
