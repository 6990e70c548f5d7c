"""Slices of the fitted surface, relative to its top."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from studies.figures.slices import slices_info
from studies.language.claim import Claim
from studies.verdict.model import LEVEL, SweepVerdict

MakeVerdict = Callable[..., SweepVerdict]


def test_slices_peak_at_the_planted_optimum(make_verdict: MakeVerdict) -> None:
    along, across = slices_info(Claim(), make_verdict()).profiles
    assert along.at[int(np.argmax(along.drop))] == pytest.approx(math.log(5), abs=0.3)
    assert across.at[int(np.argmax(across.drop))] == pytest.approx(math.log(0.15), abs=0.3)
    assert max(along.drop) == 0.0


def test_the_region_marks_the_plausible_part_of_each_slice(make_verdict: MakeVerdict) -> None:
    for profile in slices_info(Claim(), make_verdict()).profiles:
        above = np.exp(4.0 * np.array(profile.drop)) > LEVEL  # the planted p-value falls with the planted response
        assert list(profile.plausible) == above.tolist()


def test_without_a_surface_there_is_no_slice(make_verdict: MakeVerdict) -> None:
    assert slices_info(Claim(), None).empty
    assert slices_info(Claim(), replace(make_verdict(), region=None)).profiles == ()
