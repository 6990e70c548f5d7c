"""The network of YamAdam's paper, against the products written out."""

from __future__ import annotations

import torch

from worker.training.lanes import Lane, Setup
from worker.training.structure import lane_module, structure_of


def test_it_is_three_products_with_relus_between() -> None:
    setup = Setup(network="mlp2", initialisation="he_normal")
    network = structure_of(setup, (1, 28, 28), 10)
    module = lane_module(network, Lane(0.1, 0.0, "cross_entropy", 1), setup).eval()
    value = {name: tensor.detach() for name, tensor in module.named_parameters()}
    assert [tuple(tensor.shape) for tensor in value.values()] == [
        (250, 784),
        (250,),
        (250, 250),
        (250,),
        (10, 250),
        (10,),
    ]
    images = torch.rand(5, 1, 28, 28, dtype=torch.float64)
    h = (images.flatten(1) @ value["first.weight"].T + value["first.bias"]).clamp(min=0)
    h = (h @ value["second.weight"].T + value["second.bias"]).clamp(min=0)
    torch.testing.assert_close(module(images), h @ value["last.weight"].T + value["last.bias"])


def test_a_training_step_leaves_half_of_the_units_out() -> None:
    setup = Setup(network="mlp2", width=1000)
    module = lane_module(structure_of(setup, (1, 8, 8), 10), Lane(0.1, 0.0, "sse", 1), setup).train()
    seen: list[torch.Tensor] = []
    module.get_submodule("first_dropout").register_forward_hook(lambda _, given, out: seen.extend((given[0], out)))
    module(torch.rand(50, 1, 8, 8, dtype=torch.float64))
    before, after = seen
    active = before > 0
    kept = (after[active] != 0).double().mean()
    assert abs(float(kept) - 0.5) < 0.02
    torch.testing.assert_close(after[after != 0], 2.0 * before[after != 0])
