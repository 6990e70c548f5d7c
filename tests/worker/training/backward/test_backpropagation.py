"""Backpropagation as one of the backward rules: the gradient of the loss, by differences."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from worker.training.backward import HiddenLayer, backpropagation
from worker.training.products import Plain

GENERATOR = torch.Generator().manual_seed(3)


def layer_of(z: Tensor) -> HiddenLayer:
    """Two lanes, three classes, four features, five images."""
    logit_gradient, last = (torch.randn(2, 3, n, generator=GENERATOR, dtype=torch.float64) for n in (5, 4))
    gradient = torch.full_like(z, torch.nan)
    return HiddenLayer(logit_gradient=logit_gradient, last=last, z=z, fixed=None, gradient=gradient, products=Plain())


@pytest.mark.parametrize("kept", [False, True])
def test_it_is_the_gradient_of_what_the_logits_weigh(kept: bool) -> None:
    """From z, and from the ReLU's output in its place."""
    z = torch.randn(2, 4, 5, generator=GENERATOR, dtype=torch.float64, requires_grad=True)
    layer = layer_of(z.detach() if kept else z.detach().clamp(min=0.0))
    (torch.bmm(layer.last, z.clamp(min=0.0)) * layer.logit_gradient).sum().backward()  # type: ignore[no-untyped-call]
    backpropagation.hidden_gradient(layer, {})
    torch.testing.assert_close(layer.gradient, z.grad, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", ["logit_gradient", "last"])
def test_it_changes_nothing_that_others_need(name: str) -> None:
    layer = layer_of(torch.randn(2, 4, 5, generator=GENERATOR, dtype=torch.float64))
    before = getattr(layer, name).clone()
    backpropagation.hidden_gradient(layer, {})
    assert torch.equal(getattr(layer, name), before)
