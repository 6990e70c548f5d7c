"""Class-balanced subsets."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.training.dataset import balanced_subset

LABELS = np.array([0] * 3 + [1] * 20 + [2] * 17, dtype=np.int64)


@given(size=st.integers(3, 40), seed=st.integers(0, 5))
@settings(deadline=None)
def test_scarce_class_gives_all_it_has(size: int, seed: int) -> None:
    kept = balanced_subset(LABELS, size, 3, np.random.default_rng(seed))
    counts = np.bincount(LABELS[kept], minlength=3)
    assert counts.sum() == size == len(np.unique(kept))
    assert counts[0] == min(3, math.ceil(size / 3))
    assert abs(counts[1] - counts[2]) <= 1 or counts[2] == 17


def test_a_subset_is_ascending_and_follows_the_generator() -> None:
    first, again, other = (balanced_subset(LABELS, 9, 3, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.all(np.diff(first) > 0)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("size", [2, 41])
def test_a_size_that_cannot_be_had_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"`size` must lie between 3 and 40, got {size}"):
        balanced_subset(LABELS, size, 3, np.random.default_rng(0))
