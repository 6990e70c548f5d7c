"""Draws that reach a candidate's T: those of the plain count, which looks at every draw and every challenger."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from studies.verdict import noise_ratios
from studies.verdict.noise_ratios import NoiseRatios

FloatArray = NDArray[np.float64]


class Case:
    """Candidates and challengers with a random basis, and draws of a random covariance."""

    def __init__(self, seed: int, *, count: int, terms: int = 5, scale: float = 1.0, draws: int = 700) -> None:
        rng = np.random.default_rng(seed)
        self.points = rng.standard_normal((count, terms))
        half = rng.standard_normal((terms, terms)) * np.geomspace(1.0, scale, terms)
        self.covariance = half @ half.T
        self.draws = half @ rng.standard_normal((terms, draws)) * np.sqrt(8.0 / rng.chisquare(8.0, size=draws))
        self.beta = 2.5 / draws
        difference = self.points[:, None, :] - self.points[None, :, :]
        error = np.sqrt(np.maximum(np.einsum("ijk,kl,ijl->ij", difference, self.covariance, difference), 0.0))
        distinct = error > 1e-7 * max(error.max(), 1e-300)
        self.inverse = np.where(distinct, 1.0 / np.where(distinct, error, 1.0), 0.0)
        self.heights = rng.standard_normal(count)

    def ratios(self, strength: float) -> NDArray[np.float32]:
        """d / se, larger with the strength of the surface."""
        gaps = strength * (self.heights[None, :] - self.heights[:, None])
        return np.asarray(gaps * self.inverse, dtype=np.float32)

    def found(self, strength: float) -> list[int]:
        ratios = NoiseRatios.of(self.points, self.points, self.inverse, self.covariance, self.draws)
        return ratios.reached(self.ratios(strength), self.beta).tolist()

    def plain(self, strength: float) -> list[int]:
        noise, inverse = (self.points @ self.draws).astype(np.float32), self.inverse.astype(np.float32)
        counts = []
        for i, ratios in enumerate(self.ratios(strength)):
            all_ratios = (noise - noise[i]) * inverse[i][:, None]
            bound = np.quantile(-all_ratios.min(axis=0), 1.0 - self.beta)
            lowered = all_ratios + np.minimum(ratios + np.float32(bound), 0.0)[:, None]
            counts.append(int(np.count_nonzero(lowered.max(axis=0) >= ratios.max())))
        return counts


@pytest.mark.parametrize("strength", [0.0, 0.5, 2.0, 5.0, 50.0])
@pytest.mark.parametrize(("count", "scale"), [(2, 1.0), (40, 1.0), (40, 1e-4), (40, 1e-8)])
def test_the_count_is_that_of_all_draws(
    strength: float, count: int, scale: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a flat surface, where every draw reaches T, to one where none does; and a covariance near to singular."""
    monkeypatch.setattr(noise_ratios, "PIECE", 64)
    for seed in range(3):
        case = Case(seed, count=count, scale=scale)
        assert case.found(strength) == case.plain(strength)


def test_candidates_are_taken_in_groups_where_their_table_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(4, count=30)
    monkeypatch.setattr(noise_ratios, "MOST_CELLS", 5 * case.draws.shape[1])
    assert case.found(1.0) == case.plain(1.0)


def test_points_that_nearly_coincide_reach_what_rounding_lets_them() -> None:
    """Their ratio is float32 rounding as much as noise, and may exceed the draw's length."""
    for gap in (1e-3, 1e-5, 1e-6, 3e-7):
        for seed in range(4):
            case = Case(seed, count=12)
            case.points[1::2] = case.points[::2] + gap * case.points[1::2]
            difference = case.points[:, None, :] - case.points[None, :, :]
            error = np.sqrt(np.einsum("ijk,kl,ijl->ij", difference, case.covariance, difference))
            distinct = error > 1e-7 * error.max()
            case.inverse = np.where(distinct, 1.0 / np.where(distinct, error, 1.0), 0.0)
            for strength in (1e-4, 1e-2, 1.0):
                assert case.found(strength) == case.plain(strength)


def test_a_covariance_of_zero_leaves_no_pair_to_tell_apart() -> None:
    points, nothing = np.random.default_rng(5).standard_normal((6, 3)), np.zeros((3, 3))
    ratios = NoiseRatios.of(points, points, np.zeros((6, 6)), nothing, np.zeros((3, 50)))
    assert ratios.reached(np.zeros((6, 6), dtype=np.float32), 0.05).tolist() == [50] * 6


def test_challengers_that_exclude_the_candidate_are_counted_alike() -> None:
    """Where the candidate is none of its challengers, the least of them may lead by a negative amount in every draw."""
    for seed in range(5):
        case = Case(seed, count=20)
        rows, columns = slice(0, 8), slice(8, 20)
        ratios = case.ratios(1.0)[rows, columns]
        made = NoiseRatios.of(
            case.points[rows], case.points[columns], case.inverse[rows, columns], case.covariance, case.draws
        )
        noise = (case.points @ case.draws).astype(np.float32)
        for i, found in enumerate(made.reached(ratios, case.beta)):
            errors = (noise[columns] - noise[i]) * case.inverse[i, columns].astype(np.float32)[:, None]
            bound = np.float32(np.quantile(-errors.min(axis=0), 1.0 - case.beta))
            errors += np.minimum(ratios[i] + bound, 0.0)[:, None]
            assert found == np.count_nonzero(errors.max(axis=0) >= ratios[i].max())
