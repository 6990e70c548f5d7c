"""Initial weights of modules, against torch.nn.init's bounds and deviations."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from worker.training.initial_weights import DRAWS, initialise


def module() -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(8, 40, 3), nn.Sequential(), nn.Linear(300, 200)).double()


def torchs(name: str) -> nn.Sequential:
    """The same distribution by torch's own functions."""
    found = module()
    for part in (found[0], found[2]):
        if name == "he_normal":
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu")
        else:
            gain = nn.init.calculate_gain("relu") if name == "glorot_relu" else 1.0
            nn.init.xavier_uniform_(part.weight, gain=gain)
    return found


@pytest.mark.parametrize("name", DRAWS)
def test_weights_are_spread_as_torchs_are(name: str) -> None:
    ours, theirs = module().requires_grad_(False), torchs(name).requires_grad_(False)
    initialise(ours, name, 5)
    for one, other in ((ours[0], theirs[0]), (ours[2], theirs[2])):
        assert float(one.weight.std()) == pytest.approx(float(other.weight.std()), rel=0.05)
        assert abs(float(one.weight.mean())) < 0.1 * float(other.weight.std())
        assert not one.bias.any()
        if name != "he_normal":
            assert float(one.weight.abs().max()) == pytest.approx(float(other.weight.abs().max()), rel=0.02)


def test_he_normal_has_its_deviation() -> None:
    found = module()
    initialise(found.requires_grad_(False), "he_normal", 1)
    assert float(found[2].weight.std()) == pytest.approx(math.sqrt(2 / 300), rel=0.02)
    assert float(found[0].weight.std()) == pytest.approx(math.sqrt(2 / 72), rel=0.05)


def test_batch_norm_begins_as_the_identity() -> None:
    found = nn.Sequential()
    found.add_module("conv_norm", nn.BatchNorm2d(4))
    with torch.no_grad():
        found.get_parameter("conv_norm.weight").fill_(9.0)
        found.get_parameter("conv_norm.bias").fill_(9.0)
    initialise(found, "glorot_uniform", 0)
    assert found.get_parameter("conv_norm.weight").tolist() == [1.0] * 4
    assert found.get_parameter("conv_norm.bias").tolist() == [0.0] * 4


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match="initialisation"):
        initialise(module(), "he_uniform", 0)
