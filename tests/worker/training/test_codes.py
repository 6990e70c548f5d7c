"""Codes of a layer's outputs: nearest means, the same each time, of each lane for itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans

from worker.training.codes import MEANS, codes_of, signs
from worker.training.information import information
from worker.training.lanes import Setup


def clusters(n: int, d: int, k: int = 10, noise: float = 0.05) -> tuple[torch.Tensor, np.ndarray]:
    generator = torch.Generator().manual_seed(4)
    centres = torch.randn(k, d, generator=generator, dtype=torch.float64)
    of = torch.randint(0, k, (n,), generator=generator)
    return centres[of] + noise * torch.randn(n, d, generator=generator, dtype=torch.float64), of.numpy()


def test_outputs_in_clusters_tell_which_cluster() -> None:
    outputs, of = clusters(900, 12)
    assert information(codes_of(outputs).numpy(), of) == pytest.approx(information(of, of))


def test_means_lie_as_well_as_those_of_another_program() -> None:
    """Within-cluster squares after ten rounds, beside scikit-learn's from the same start and as many rounds."""
    outputs, _ = clusters(900, 12, noise=1.0)

    def within(codes: np.ndarray) -> float:
        rows = outputs.numpy()
        return float(sum(((rows[codes == k] - rows[codes == k].mean(axis=0)) ** 2).sum() for k in np.unique(codes)))

    known = KMeans(MEANS, init=outputs[:MEANS].numpy(), n_init=1, max_iter=10, algorithm="lloyd").fit(outputs.numpy())
    assert within(codes_of(outputs).numpy()) == pytest.approx(within(known.labels_), rel=1e-3)


@pytest.mark.parametrize("n", [1, 3, 64, 65, 400])
def test_no_more_codes_than_means_or_images(n: int) -> None:
    codes = codes_of(clusters(n, 8, noise=1.0)[0])
    assert codes.shape == (n,)
    assert len(codes.unique()) <= min(n, MEANS)
    assert n > MEANS or len(codes.unique()) == n, "each image has a mean of its own"


def test_equal_outputs_have_one_code() -> None:
    dead = torch.zeros(50, 8, dtype=torch.float64)
    assert not codes_of(dead).any()
    outputs, _ = clusters(100, 8, noise=1.0)
    twice = codes_of(torch.cat([outputs, outputs]))
    assert torch.equal(twice[:100], twice[100:])


def test_outputs_that_are_not_finite_do_no_harm() -> None:
    assert codes_of(torch.full((70, 8), torch.nan)).shape == (70,)
    assert codes_of(torch.full((70, 8), torch.inf)).shape == (70,)


def test_codes_do_not_depend_on_scale_or_offset_and_are_the_same_twice() -> None:
    outputs, _ = clusters(300, 12, noise=1.0)
    codes = codes_of(outputs)
    assert torch.equal(codes, codes_of(outputs.clone()))
    assert torch.equal(codes, codes_of(8.0 * outputs + 2.0))


def test_the_projection_keeps_distances_but_for_some_tenths() -> None:
    outputs, _ = clusters(60, 11_520, noise=1.0)
    matrix = signs(11_520, Setup(order_seed=2), outputs)
    assert matrix is not None
    assert matrix.shape == (MEANS, 11_520)
    assert matrix.abs().unique().tolist() == [0.125]
    pairs = torch.pdist(outputs @ matrix.T) / torch.pdist(outputs)
    assert float(pairs.min()) > 0.6
    assert float(pairs.max()) < 1.4
    assert float(pairs.mean()) == pytest.approx(1.0, abs=0.05)
    assert signs(MEANS, Setup(), outputs) is None
