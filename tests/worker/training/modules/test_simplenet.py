"""SimpleNet is built as its author's code builds it."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from worker.training.modules import build


@pytest.mark.parametrize(("variant", "parameters"), [("310k", 311_434), ("5m", 5_493_834)])
def test_its_parameters_on_cifars_images(variant: str, parameters: int) -> None:
    """The sum by hand of weights, two numbers a channel for batch norm, and the last layer with its biases."""
    module = build("simplenet", (3, 32, 32), 10, settings={"variant": variant}).empty()
    assert sum(value.numel() for value in module.parameters()) == parameters


def test_its_parts_in_order() -> None:
    module = build("simplenet", (1, 28, 28), 10).empty()
    convolutions = [part for part in module if isinstance(part, nn.Conv2d)]
    assert len(convolutions) == 13
    assert [part.kernel_size[0] for part in convolutions] == [3] * 10 + [1, 1, 3]
    norms = [part for part in module if isinstance(part, nn.BatchNorm2d)]
    assert {(part.eps, part.momentum) for part in norms} == {(1e-5, 0.05)}
    assert [type(part).__name__ for part in module].count("MaxPool2d") == 4
    after_pools = [list(module)[at - 1] for at, part in enumerate(module) if isinstance(part, nn.MaxPool2d)]
    assert all(isinstance(part, nn.ReLU) for part in after_pools)
    sizes = []
    value = torch.rand(2, 1, 28, 28, dtype=torch.float64)
    for part in module:
        value = part(value)
        if isinstance(part, nn.MaxPool2d):
            sizes.append(value.shape[-1])
    assert sizes == [14, 7, 3, 1]
    assert value.shape == (2, 10)
