"""Slices of the fitted surface, relative to its top."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from studies.calibration.landscapes import SCENARIOS
from studies.calibration.simulation import shipped, simulate
from studies.figures.plain_tables import slices_table
from studies.figures.slices import SlicesInfo, slices_info
from studies.figures.slices_figure import slices_figure
from studies.language.claim import Claim
from studies.verdict.decide import decide_sweep
from studies.verdict.model import LEVEL, Evidence, MeasureRecord, SweepVerdict

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


def test_they_are_in_the_measure_where_that_is_the_response(make_verdict: MakeVerdict) -> None:
    elbo = replace(make_verdict(), measure=MeasureRecord("elbo", "maximize", "real"))
    for verdict, unit in ((make_verdict(), "response units"), (elbo, "elbo")):
        info = slices_info(Claim(), verdict)
        assert slices_figure(info).layout.yaxis.title.text == f"below the best, {unit}"
        assert f"below the top, {unit}" in slices_table(info).columns


@pytest.fixture(scope="module")
def judged() -> tuple[Evidence, SweepVerdict]:
    """A simulated study under analysis 5 and its verdict."""
    evidence = simulate(SCENARIOS["A"], np.random.default_rng(0), shipped(5))
    return evidence, decide_sweep(evidence)


@pytest.fixture(scope="module")
def banded(judged: tuple[Evidence, SweepVerdict]) -> SlicesInfo:
    return slices_info(judged[0].claim, judged[1], judged[0])


def test_the_band_holds_the_profile_and_is_of_no_width_at_the_top(banded: SlicesInfo) -> None:
    for profile in banded.profiles:
        ends = [(low, high, drop) for (low, high), drop in zip(profile.band, profile.drop, strict=True)]
        known = [(low, high, drop) for low, high, drop in ends if low is not None and high is not None]
        assert len(known) >= 5
        assert all(low <= drop <= high for low, high, drop in known)
        top = profile.drop.index(0.0)
        assert profile.half[top] == pytest.approx(0.0, abs=1e-6)
        assert max(half for half in profile.half if half is not None) > 0.02


def test_the_band_ends_where_the_fit_only_says_low(banded: SlicesInfo) -> None:
    for profile in banded.profiles:
        without = [drop for drop, half in zip(profile.drop, profile.half, strict=True) if half is None]
        within = [drop for drop, half in zip(profile.drop, profile.half, strict=True) if half is not None]
        assert max(without, default=-1.0) < min(within)
    assert None in banded.profiles[1].half, "across the ridge it falls far"


def test_the_profiles_are_the_same_with_a_band_and_without(
    judged: tuple[Evidence, SweepVerdict], banded: SlicesInfo
) -> None:
    plain = slices_info(judged[0].claim, judged[1])
    assert plain.profiles == tuple(replace(profile, half=()) for profile in banded.profiles)
    assert all(ends == (None, None) for profile in plain.profiles for ends in profile.band)


def test_an_old_verdict_has_slices_without_a_band(judged: tuple[Evidence, SweepVerdict]) -> None:
    earlier = replace(judged[0], analysis=4)
    verdict = decide_sweep(earlier)
    assert slices_info(earlier.claim, verdict, earlier) == slices_info(earlier.claim, verdict)
    assert slices_info(earlier.claim, verdict, judged[0]) == slices_info(earlier.claim, verdict), "of other runs' map"
