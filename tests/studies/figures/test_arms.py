"""Arms in words."""

from __future__ import annotations

import pytest

from studies.figures.arms import arm_name
from studies.records import Arm


@pytest.mark.parametrize(
    ("arm", "name"),
    [
        ("best", "best fitted point"),
        ("likeliest", "likeliest optimum"),
        ("rival", "far rival"),
        ("mate:0.97", "α 0.97, same η/(1−α)"),
        ("decoy:3", "decoy 4"),
        ("other", "other"),
    ],
)
def test_arms_are_named_in_words(arm: str, name: str) -> None:
    assert arm_name(arm) == name


def test_every_arm_has_a_name_of_its_own() -> None:
    named = [str(arm) for arm in Arm if arm not in (Arm.CLAIM, "mate")]
    assert len({arm_name(arm) for arm in named}) == len(named)
