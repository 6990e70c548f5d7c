"""Jittered copies of blocks are seen; calm, noisy, coarse and collapsing blocks are not taken for copies."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from studies.foreign.near_copies import near_copies
from studies.foreign.rows import Measurement
from studies.language.phases import Phase

Values = NDArray[np.float64]
Noise = Callable[[np.random.Generator, int, int], Values]


def rows_of(values: Values) -> list[Measurement]:
    return [
        Measurement(
            eta=0.01 * (arm + 1), alpha=0.5, value=float(value), phase=Phase.CONFIRM, arm="point", block=block, run=0
        )
        for block, row in enumerate(values)
        for arm, value in enumerate(row)
    ]


def plain(rng: np.random.Generator, blocks: int, arms: int) -> Values:
    return 0.9 + 0.01 * (rng.normal(size=(blocks, arms)) + rng.normal(size=(blocks, 1)))


def heavy(rng: np.random.Generator, blocks: int, arms: int) -> Values:
    return 0.9 + 0.001 * rng.standard_t(3, size=(blocks, arms))


def coarse(rng: np.random.Generator, blocks: int, arms: int) -> Values:
    return rng.binomial(100, 0.97, size=(blocks, arms)) / 100


def collapsing(rng: np.random.Generator, blocks: int, arms: int) -> Values:
    return np.where(rng.random((blocks, arms)) < 0.08, 0.1, plain(rng, blocks, arms))


def one_arm_collapses(rng: np.random.Generator, blocks: int, arms: int) -> Values:
    values = plain(rng, blocks, arms)
    values[rng.random(blocks) < 0.5, 0] = 0.1
    return values


def alike(rng: np.random.Generator, blocks: int, arms: int) -> Values:
    shared = rng.normal(size=(blocks, 2)) @ rng.normal(size=(2, arms))
    return 0.9 + 0.01 * (shared + 0.3 * rng.normal(size=(blocks, arms)))


def uneven(rng: np.random.Generator, blocks: int, arms: int) -> Values:
    return 0.9 + 0.005 * rng.normal(size=(blocks, arms)) * np.exp(rng.normal(0.0, 0.7, size=(blocks, 1)))


def unlike_blocks(rng: np.random.Generator, blocks: int, arms: int) -> Values:
    """Blocks differ a hundred times as much as arms."""
    return 0.9 + 0.01 * (rng.normal(size=(blocks, 1)) + 0.01 * rng.normal(size=(blocks, arms)))


def unlike_and_coarse(rng: np.random.Generator, blocks: int, arms: int) -> Values:
    """As on a planted study of our own: arms differ by less than one test image in a thousand."""
    steps = np.linspace(1.0, 2.2, arms)  # errors are further apart where there are more of them
    return np.round(0.9 + 0.003 * steps * (rng.normal(size=(blocks, 1)) + 0.05 * rng.normal(size=(blocks, arms))), 3)


NOISES = (plain, heavy, coarse, collapsing, one_arm_collapses, alike, uneven, unlike_blocks, unlike_and_coarse)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize(("blocks", "arms"), [(12, 7), (15, 7), (40, 9), (30, 3), (30, 2)])
def test_blocks_on_fresh_seeds_are_no_copies(noise: Noise, blocks: int, arms: int) -> None:
    found = [near_copies(rows_of(noise(np.random.default_rng(seed), blocks, arms))) for seed in range(8)]
    assert found == [None] * 8


@pytest.mark.parametrize("jitter", [1e-5, 0.1, 0.3])
@pytest.mark.parametrize(("blocks", "times"), [(30, 2), (30, 3), (20, 4)])
def test_copies_with_changes_below_the_noise_are_seen(jitter: float, blocks: int, times: int) -> None:
    """`jitter` in units of a run's noise."""
    for seed in range(4):
        rng = np.random.default_rng(seed)
        values = plain(rng, blocks, 7)
        copied = [values, *(values + 0.01 * jitter * rng.normal(size=values.shape) for _ in range(times - 1))]
        assert near_copies(rows_of(np.vstack(copied))) == times


def test_too_few_blocks_say_nothing() -> None:
    values = plain(np.random.default_rng(1), 5, 3)
    assert near_copies(rows_of(np.vstack([values, values + 1e-6]))) is None
    assert near_copies([]) is None
    assert near_copies(rows_of(np.full((30, 3), 0.5))) is None
