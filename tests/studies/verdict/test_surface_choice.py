from __future__ import annotations

import numpy as np
import pytest

from studies.calibration.landscapes import GOLDEN_U, GOLDEN_V, FloatArray, Scenario
from studies.calibration.simulation import shipped, simulate
from studies.verdict.findings import gather
from studies.verdict.model import Outcome
from studies.verdict.rules import decide
from studies.verdict.surface_choice import choose_surface, noise_weights

RNG = np.random.default_rng(7)
X = RNG.uniform(-2, 3, size=(120, 2))
Y = 0.4 * X[:, 0] - 0.3 * X[:, 1] ** 2 + RNG.normal(size=120) * (1 + 0.3 * np.abs(X[:, 0]))
FAILS = 0.01  # lack of fit at which no verdict rests on the surface


class Rippled(Scenario):
    """A landscape whose top is a corner and whose flanks have ripples, which no polynomial of degree six has."""

    def height(self, v: FloatArray, u: FloatArray) -> FloatArray:
        """Falls by 1 logit for each ln unit in every direction, in waves of 0.8 ln units across the ridge."""
        x = self.across(v, u)
        z = -np.hypot(x, u - self.u) - 0.1 * np.abs(np.sin(4.0 * x))
        return np.asarray(np.maximum(z, -3.0), dtype=np.float64)


def test_few_rows_lower_the_degree_and_fewer_give_no_surface() -> None:
    few = choose_surface(X[:20], Y[:20])
    assert few is not None
    assert (few.degree, few.across) == (2, 2)
    assert choose_surface(X[:14], Y[:14]) is None


def test_points_on_a_line_determine_no_surface() -> None:
    line = np.column_stack([X[:, 0], np.zeros(120)])
    assert choose_surface(line, Y) is None


def test_a_cliff_calls_for_higher_powers_across_the_ridge() -> None:
    rng = np.random.default_rng(13)
    y = -np.exp(1.5 * X[:, 0]) / 20 - 0.1 * X[:, 1] ** 2 + rng.normal(0, 0.1, size=120)
    surface = choose_surface(X, y)
    assert surface is not None
    assert surface.across > 3


def test_weights_follow_noise_that_grows_away_from_the_top() -> None:
    rng = np.random.default_rng(17)
    x = rng.uniform(-1, 1, size=(600, 2))
    height = -(x[:, 0] ** 2) - x[:, 1] ** 2
    y = height + 0.05 * (1 - 2 * height) * rng.normal(size=600)
    expected = 1 / (1 - 2 * height) ** 2
    found = noise_weights(x, y, degree=3)
    assert np.corrcoef(found, expected)[0, 1] > 0.95


@pytest.mark.parametrize("seed", [0, 1])
def test_a_sharp_corner_fails_at_the_highest_degree(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, size=(200, 2))
    corner = -1.5 * np.hypot(x[:, 0] - 0.3, x[:, 1] + 0.2)
    surface = choose_surface(x, corner + 0.02 * rng.normal(size=200))
    assert surface is not None
    assert (surface.degree, surface.across) == (6, 6)
    assert surface.lack_of_fit is not None
    assert surface.lack_of_fit < FAILS


def test_a_step_across_the_ridge_fails_at_the_highest_power() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(200, 2))
    y = np.where(x[:, 0] > 0.4, -2.0, 0.0) - 0.3 * x[:, 1] ** 2 + 0.05 * rng.normal(size=200)
    surface = choose_surface(x, y)
    assert surface is not None
    assert surface.degree < 6 == surface.across
    assert surface.lack_of_fit is not None
    assert surface.lack_of_fit < FAILS


@pytest.mark.parametrize("blocks", [None, np.tile(np.arange(4), 16)])
def test_points_on_a_lattice_are_judged_by_their_repeats(blocks: np.ndarray | None) -> None:
    """Four levels determine no quartic: a cubic is used, and held against the points' means."""
    levels = np.linspace(-1, 1, 4)
    x = np.repeat([(a, b) for a in levels for b in levels], 4, axis=0)
    noise = 0.05 * np.random.default_rng(2).normal(size=64) + (0.0 if blocks is None else blocks)
    smooth = choose_surface(x, x[:, 0] - x[:, 1] ** 2 + noise, blocks=blocks)
    rough = choose_surface(x, np.cos(4 * x[:, 0]) * np.sin(4 * x[:, 1]) + noise, blocks=blocks)
    assert smooth is not None and rough is not None
    assert smooth.degree == rough.degree == 3
    assert smooth.lack_of_fit is not None and smooth.lack_of_fit > 0.05
    assert rough.lack_of_fit is not None and rough.lack_of_fit < FAILS


def test_a_true_cubic_seldom_fails_though_its_noise_is_unequal() -> None:
    """Thirty rows allow a cubic at most, so that its lack of fit is tested in every one of them."""
    rng, studies, failed = np.random.default_rng(23), 150, 0
    for _ in range(studies):
        x = rng.uniform(-1, 1, size=(30, 2))
        height = -((x[:, 0] - 0.2) ** 2) - 0.5 * x[:, 1] ** 2 + 0.3 * x[:, 0] ** 3
        surface = choose_surface(x, height + 0.05 * (1 - 6 * height) * rng.normal(size=30))
        assert surface is not None and surface.lack_of_fit is not None
        failed += surface.lack_of_fit < FAILS
    assert failed / studies <= FAILS + 3 * np.sqrt(FAILS * (1 - FAILS) / studies)


def test_a_study_of_a_landscape_that_no_polynomial_fits_ends_by_model() -> None:
    evidence = simulate(Rippled("A", "", GOLDEN_V, GOLDEN_U, 0.0, sigma=0.01), np.random.default_rng(0), shipped(4))
    findings = gather(evidence)
    answer = decide(findings, p_support=findings.support(), p_refute=findings.refute())
    assert findings.location.p_in is not None, "a surface was fitted"
    assert (answer.outcome, answer.codes[0]) == (Outcome.INCONCLUSIVE, "model")
    assert findings.support() is None
