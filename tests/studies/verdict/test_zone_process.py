"""The process whose responses are winsorised below its top."""

from __future__ import annotations

import numpy as np
import pytest

from studies.verdict import gaussian_process
from studies.verdict.zone_process import Pooled, floored_process

RNG = np.random.default_rng(5)
POINTS = RNG.uniform((-6.0, 0.5), (-2.0, 3.0), size=(150, 2))
BLOCKS = np.arange(150) % 3
HEIGHT = -0.1 * np.abs(POINTS[:, 0] + 4.0) - 3.0 * (POINTS[:, 0] > -3.7)  # rises gently towards a cliff


def _pooled(y: np.ndarray, blocks: np.ndarray = BLOCKS) -> Pooled:
    x = np.column_stack([POINTS.sum(axis=1), POINTS[:, 1]])
    return Pooled(x, y, np.ones(len(y)), blocks)


def test_a_cliff_no_longer_makes_the_noise() -> None:
    pooled = _pooled(HEIGHT + RNG.normal(0.0, 0.1, size=150))
    plain = pooled.fit()
    floored = floored_process(pooled, plain, pooled.points)
    assert floored.noise < plain.noise
    assert floored.noise == pytest.approx(0.1, rel=0.5)


def test_offsets_of_blocks_are_taken_out_before_the_floor_is_laid() -> None:
    y = HEIGHT + RNG.normal(0.0, 0.1, size=150)
    alike = floored_process(_pooled(y), _pooled(y).fit(), _pooled(y).points)
    moved = _pooled(y + np.array([0.0, 2.0, -2.0])[BLOCKS])
    shifted = floored_process(moved, moved.fit(), moved.points)
    heights = [process.mean(moved.x) - process.mean(moved.x).max() for process in (alike, shifted)]
    assert np.abs(heights[0] - heights[1]).max() < 0.25, "2 units of offset are gone"


def test_points_are_those_of_the_rows_each_once() -> None:
    pooled = _pooled(HEIGHT)
    assert np.allclose(np.sort(pooled.points, axis=0), np.sort(POINTS, axis=0))


def test_more_rows_than_a_fit_takes_are_not_floored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gaussian_process, "MOST_ROWS", 100)
    pooled = _pooled(HEIGHT)
    plain = pooled.fit()
    assert floored_process(pooled, plain, pooled.points) is plain
