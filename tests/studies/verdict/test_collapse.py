"""Collapsed runs are found where they are, and cliffs, slopes and plain noise are not taken for them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from studies.verdict.collapse import LEAST_DROP, PIECE_ROWS, collapsed_alone, collapsed_in_pairs, polished

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def _hill(n: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Points and responses around a smooth top, noise 0.12."""
    x = rng.uniform([-3.0, 0.0], [3.0, 4.0], (n, 2))
    return x, 3.0 - 0.15 * x[:, 0] ** 2 - 0.05 * (x[:, 1] - 2.0) ** 2 + rng.normal(0.0, 0.12, n)


def _alone(x: FloatArray, y: FloatArray) -> BoolArray:
    return collapsed_alone(x, y, np.arange(len(y)) // 32)


@pytest.mark.parametrize(("depth", "share"), [(0.8, 0.06), (2.0, 0.06), (4.0, 0.12), (1.5, 0.25)])
def test_collapsed_runs_are_found_and_no_other(depth: float, share: float) -> None:
    rng = np.random.default_rng(7)
    x, y = _hill(190, rng)
    hit = rng.random(190) < share
    found = _alone(x, np.where(hit, y - depth, y))
    assert found[hit].mean() > 0.85
    assert not found[~hit].any()


def test_a_cliff_is_no_collapse() -> None:
    x, y = _hill(190, np.random.default_rng(8))
    assert not _alone(x, np.where(x[:, 0] > 1.0, -2.2, y)).any()


def test_replicates_alone_say_what_is_usual_at_their_point() -> None:
    rng = np.random.default_rng(9)
    x, y = _hill(120, rng)
    x[:8], y[:8] = (0.5, 1.5), 2.9 + rng.normal(0.0, 0.1, 8)
    half = y - np.where(np.arange(120) < 4, 2.0, 0.0)
    assert _alone(x, half).nonzero()[0].tolist() == [0, 1, 2, 3]
    nearly_all = y - np.where(np.arange(120) < 7, 2.0, 0.0)
    assert not _alone(x, nearly_all).any(), "the place is low, and one run is high"


def test_noise_that_grows_away_from_the_top_is_no_collapse() -> None:
    rng, wrong = np.random.default_rng(10), 0
    for _ in range(5):
        x, y = _hill(190, rng)
        wrong += int(_alone(x, y + rng.normal(0.0, 0.12, 190) * 4.0 * (3.0 - y).clip(0.0)).sum())
    assert wrong < 0.02 * 950


def test_blocks_that_differ_are_no_collapse() -> None:
    x, y = _hill(192, np.random.default_rng(11))
    assert not _alone(x, y - 1.5 * (np.arange(192) // 32 == 2)).any()


def test_many_runs_are_sorted_in_pieces() -> None:
    rng = np.random.default_rng(12)
    x, y = _hill(2 * PIECE_ROWS + 10, rng)
    hit = rng.random(len(y)) < 0.05
    found = _alone(x, np.where(hit, y - 2.0, y))
    assert found[hit].mean() > 0.9
    assert found[~hit].mean() < 0.001


@pytest.mark.parametrize("n", [0, 1, 2, 5, 12, 13])
def test_thin_constant_and_two_valued_runs_raise_nothing(n: int) -> None:
    x = np.random.default_rng(1).uniform(size=(n, 2))
    rows = np.arange(n, dtype=np.float64)
    for y in (np.zeros(n), np.full(n, -700.0), np.asarray(rows % 2.0 * 5.0), np.asarray(rows * 100.0)):
        assert collapsed_alone(x, y, np.zeros(n, dtype=np.int64)).shape == (n,)
        assert collapsed_alone(np.zeros((n, 2)), y, np.arange(n)).shape == (n,)
    assert not collapsed_alone(x, np.zeros(n), np.zeros(n, dtype=np.int64)).any()


def _table(rng: np.random.Generator, arms: int = 7, blocks: int = 30, noise: float = 0.1) -> FloatArray:
    return np.linspace(3.0, 2.5, arms) + 0.4 * rng.normal(size=(blocks, 1)) + noise * rng.normal(size=(blocks, arms))


@pytest.mark.parametrize(
    ("arms", "share"), [(2, 0.06), (2, 0.25), (3, 0.06), (3, 0.25), (5, 0.5), (7, 0.06), (7, 0.25), (7, 0.5), (7, 0.65)]
)
def test_collapsed_pairs_are_found_though_they_are_half_of_an_arm(arms: int, share: float) -> None:
    rng = np.random.default_rng(13)
    table = _table(rng, arms)
    hit = np.zeros(table.shape, dtype=np.bool_)
    hit[:, 0] = rng.permutation(30) < round(share * 30)
    found = collapsed_in_pairs(np.where(hit, table - 1.0, table))
    assert found[hit].mean() > 0.9
    assert not found[~hit].any()


def test_an_arm_that_nearly_always_fails_is_a_cliff() -> None:
    table = _table(np.random.default_rng(14))
    table[:28, 3] = -2.2
    assert not collapsed_in_pairs(table).any()


def test_a_noisy_arm_has_a_limit_of_its_own() -> None:
    rng = np.random.default_rng(15)
    table = _table(rng)
    table[:, 6] += rng.normal(0.0, 0.6, 30)
    assert collapsed_in_pairs(table).sum() <= 1


def test_a_block_that_is_low_for_all_is_a_block() -> None:
    table = _table(np.random.default_rng(16))
    table[4] -= 3.0
    assert not collapsed_in_pairs(table).any()
    assert np.nanmax(np.abs(polished(table))) < LEAST_DROP


def test_missing_cells_are_no_runs() -> None:
    table = _table(np.random.default_rng(17))
    table[10:, 2], table[3] = np.nan, np.nan
    table[5, 0] -= 2.0
    found = collapsed_in_pairs(table)
    assert np.argwhere(found).tolist() == [[5, 0]]


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (1, 1), (1, 5), (5, 1), (2, 2), (2, 7)])
def test_tables_of_any_shape_raise_nothing(shape: tuple[int, int]) -> None:
    for table in (np.zeros(shape), np.full(shape, np.nan), np.random.default_rng(1).normal(size=shape)):
        assert collapsed_in_pairs(table).shape == shape
    assert not collapsed_in_pairs(np.zeros(shape)).any()


def test_a_remembered_mask_is_the_one_that_is_computed() -> None:
    rng = np.random.default_rng(13)
    for n in (15, 60, 61):
        x, y = _hill(n, rng)
        y, blocks = np.where(rng.random(n) < 0.1, y - 2.0, y), np.arange(n) // 32
        plain = collapsed_alone.__wrapped__(x, y, blocks)  # type: ignore[attr-defined]
        found = collapsed_alone(x, y, blocks)
        np.testing.assert_array_equal(found, plain)
        assert collapsed_alone(x.copy(), y.copy(), blocks.copy()) is found
        y[0] -= 3.0
        changed = collapsed_alone.__wrapped__(x, y, blocks)  # type: ignore[attr-defined]
        np.testing.assert_array_equal(collapsed_alone(x, y, blocks), changed)
