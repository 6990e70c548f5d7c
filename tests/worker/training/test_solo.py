"""The solo optimizers: that they are what they are called, and take what is stated."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from worker.training.lanes import Lane, Setup
from worker.training.networks import build_network, plain_module
from worker.training.rules import names, rule
from worker.training.solo import SOLO, solo_optimizer

TORCHS = {
    "sgd": torch.optim.SGD,
    "heavy_ball": torch.optim.SGD,
    "nesterov": torch.optim.SGD,
    "rmsprop": torch.optim.RMSprop,
    "adam": torch.optim.Adam,
    "adadelta": torch.optim.Adadelta,
}
LANE = Lane(0.1, 0.5, "sse", 0)


def module() -> nn.Module:
    return plain_module(build_network("fig3", (1, 8, 8), 10), 1)


@pytest.mark.parametrize("name", TORCHS)
def test_rules_that_torch_has_are_torchs(name: str) -> None:
    assert type(solo_optimizer(module(), LANE, Setup(update_rule=name))) is TORCHS[name]


def test_torchs_defaults_are_those_of_the_rules() -> None:
    for name, spelt in (
        ("rmsprop", {"rho": "alpha", "epsilon": "eps"}),
        ("adadelta", {"rho": "rho", "epsilon": "eps"}),
        ("adam", {"epsilon": "eps"}),
    ):
        defaults = TORCHS[name](module().parameters()).defaults
        assert {ours: defaults[torchs] for ours, torchs in spelt.items()}.items() <= rule(name).NUMBERS.items()
    betas = torch.optim.Adam(module().parameters()).defaults["betas"]
    assert betas == (rule("adam").NUMBERS["beta1"], rule("adam").NUMBERS["beta2"])


@pytest.mark.parametrize("name", names())
def test_biases_are_free_of_decay_and_batch_norms_offset_is_no_bias(name: str) -> None:
    network = module()
    decayed, free = solo_optimizer(network, LANE, Setup(update_rule=name)).param_groups
    assert (decayed["weight_decay"], free["weight_decay"]) == (1e-4, 0.0)
    named = {id(value): key for key, value in network.named_parameters()}
    assert {named[id(value)] for value in free["params"]} == {"first.bias", "last.bias"}


def test_a_rule_without_a_solo_optimizer_has_no_reference() -> None:
    assert "lion" not in SOLO
    with pytest.raises(KeyError):
        solo_optimizer(module(), LANE, Setup(update_rule="lion"))
