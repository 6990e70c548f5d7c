"""The network that models class 0 alone: its cross-entropy is half a squared distance, its gradient that distance."""

from __future__ import annotations

import math

import pytest
import torch

from worker.training.losses import per_example
from worker.training.one_class import logits, scale

CLASS_0 = torch.zeros(3, dtype=torch.int64)


@pytest.mark.parametrize("classes", [2, 10])
@pytest.mark.parametrize("far", [1e-4, 0.5, 30.0])
def test_the_cross_entropy_of_class_0_is_half_the_squared_distance(classes: int, far: float) -> None:
    images = torch.rand(3, 8, dtype=torch.float64)
    prediction = (scale(8) * images[0] + far).requires_grad_(True)
    found = per_example("cross_entropy", logits(prediction, images, classes), CLASS_0)
    expected = 0.5 * (prediction - 0.5 * images).square().sum(dim=1)  # sqrt(2 / 8) is a half
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)
    (gradient,) = torch.autograd.grad(found.sum(), prediction)
    torch.testing.assert_close(gradient, 3 * prediction.detach() - 0.5 * images.sum(dim=0), rtol=1e-6, atol=1e-9)


def test_probabilities_add_up_and_class_0_wins_up_to_ln_2() -> None:
    images = torch.zeros(1, 2, dtype=torch.float64)
    for q, wins in ((math.log(2) - 1e-3, True), (math.log(2) + 1e-3, False)):
        found = logits(torch.tensor([math.sqrt(2 * q), 0.0], dtype=torch.float64), images, 2)
        assert float(found.exp().sum()) == pytest.approx(1.0)
        assert (int(found.argmax()) == 0) == wins


def test_an_image_that_is_met_exactly_has_a_finite_gradient() -> None:
    prediction = torch.zeros(4, requires_grad=True)
    found = per_example("cross_entropy", logits(prediction, torch.zeros(3, 4), 2), CLASS_0)
    assert found.abs().max() < 1e-6
    (gradient,) = torch.autograd.grad(found.sum(), prediction)
    assert (gradient == 0).all()
