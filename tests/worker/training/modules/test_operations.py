"""The operations by which a preview counts a module's work, beside those that torch counts."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from studies.cost import flops_per_image
from studies.language.context import Context
from worker.lanes_of import setup_of
from worker.training.dropout import seed_dropouts
from worker.training.structure import structure_of


@pytest.mark.parametrize("network", ["mlp2", "chain", "simplenet", {"name": "simplenet", "variant": "5m"}])
def test_operations_are_those_of_the_products(network: Any) -> None:
    context = Context.model_validate({"dataset": "mnist", "network": network})
    module = structure_of(setup_of(context, 0), (1, 28, 28), 10).empty().train().requires_grad_(True)
    seed_dropouts(module, 1)
    with FlopCounterMode(display=False) as counter:
        module(torch.rand(4, 1, 28, 28, dtype=torch.float64)).sum().backward()
    assert flops_per_image(context) == pytest.approx(counter.get_total_flops() / 4, rel=0.01)
