"""Arms in words."""

from __future__ import annotations

import pytest

from studies.figures.arms import arm_name, arm_phrase
from studies.records import Arm


@pytest.mark.parametrize(
    ("arm", "name", "phrase"),
    [
        ("best", "best fitted point", "the best fitted point"),
        ("likeliest", "likeliest optimum", "the optimum’s likeliest place"),
        ("rival", "far rival", "the far rival"),
        ("mate:0.97", "α 0.97, same η/(1−α)", "the point with α 0.97 and the same η/(1−α)"),
        ("decoy:3", "decoy 3", "decoy 3"),
        ("other", "other", "the point other"),
    ],
)
def test_arms_are_named_in_words(arm: str, name: str, phrase: str) -> None:
    assert (arm_name(arm), arm_phrase(arm)) == (name, phrase)


def test_every_arm_has_a_name_of_its_own() -> None:
    named = [str(arm) for arm in Arm if arm not in (Arm.CLAIM, "mate")]
    assert len({arm_name(arm) for arm in named}) == len(named)
