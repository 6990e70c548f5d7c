"""Information and entropy, against closed forms and against scikit-learn's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from worker.training.information import entropy, information


def draw(n: int, codes: int, labels: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    drawn = generator.integers(0, labels, n)
    return np.where(generator.random(n) < 0.5, drawn % codes, generator.integers(0, codes, n)), drawn


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("codes", "labels", "n"), [(10, 10, 300), (64, 10, 40), (64, 10, 5_000), (2, 10, 7), (10, 1, 9)]
)
def test_it_is_the_estimate_that_others_know(codes: int, labels: int, n: int, seed: int) -> None:
    code, label = draw(n, codes, labels, seed)
    found = information(code, label)
    assert found == pytest.approx(mutual_info_score(label, code), abs=1e-12)
    assert 0.0 <= found <= min(entropy(code), entropy(label))


def test_a_perfect_predictor_knows_all_of_the_label() -> None:
    _, label = draw(1_000, 10, 10, 1)
    assert information(label, label) == pytest.approx(entropy(label), rel=1e-14)
    assert information(9 - label, label) == pytest.approx(entropy(label), rel=1e-14), "whatever its names of classes"


def test_a_constant_knows_nothing() -> None:
    _, label = draw(1_000, 10, 10, 2)
    assert information(np.full(1_000, 7), label) == 0.0
    assert information(label, np.zeros(1_000, dtype=np.int64)) == 0.0


def test_entropy_of_equal_shares_is_the_logarithm_of_their_number() -> None:
    assert entropy(np.repeat(np.arange(10), 3)) == pytest.approx(math.log(10.0))
    assert math.copysign(1.0, entropy(np.full(5, 3))) == 1.0
    assert entropy(np.full(5, 3)) == 0.0
