"""Backpropagation as one of the backward rules: the gradient of the loss, by differences."""

from __future__ import annotations

import pytest
import torch

from worker.training.backward import HiddenLayer, backpropagation
from worker.training.products import Plain

GENERATOR = torch.Generator().manual_seed(3)


def layer_of(**changed: torch.Tensor) -> HiddenLayer:
    """Two lanes, three classes, four features, five images; z is random."""
    draw = {"logit_gradient": (2, 3, 5), "last": (2, 3, 4), "z": (2, 4, 5)}
    values = {name: torch.randn(*shape, generator=GENERATOR, dtype=torch.float64) for name, shape in draw.items()}
    values |= {"outputs": values["z"].clamp(min=0.0), "gradient": torch.full((2, 4, 5), torch.nan, dtype=torch.float64)}
    return HiddenLayer(fixed=None, products=Plain(), **(values | changed))


def test_it_is_the_gradient_of_what_the_logits_weigh() -> None:
    layer = layer_of()
    assert layer.z is not None
    z = layer.z.clone().requires_grad_()
    (torch.bmm(layer.last, z.clamp(min=0.0)) * layer.logit_gradient).sum().backward()  # type: ignore[no-untyped-call]
    backpropagation.hidden_gradient(layer, {})
    torch.testing.assert_close(layer.gradient, z.grad, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", ["outputs", "logit_gradient", "last"])
def test_it_changes_nothing_that_it_reads(name: str) -> None:
    layer = layer_of()
    before = getattr(layer, name).clone()
    backpropagation.hidden_gradient(layer, {})
    assert torch.equal(getattr(layer, name), before)
