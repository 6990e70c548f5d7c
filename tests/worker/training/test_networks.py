"""Structure, initial weights and the plain modules."""

from __future__ import annotations

import math

import pytest
import torch

from worker.training.lanes import NETWORKS, Setup
from worker.training.networks import (
    MLP_WIDTH,
    build_network,
    glorot_limit,
    initial_parameters,
    is_decayed,
    module_parameters,
    network_of,
    plain_module,
)

SHAPES = [(1, 8, 8), (1, 28, 28), (3, 32, 32)]


def test_fig3_has_the_papers_number_of_parameters() -> None:
    module = plain_module(build_network("fig3", (1, 28, 28), 10), init_seed=0)
    assert sum(parameter.numel() for parameter in module.parameters()) == 115_770


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", NETWORKS)
def test_plain_module_carries_the_initial_parameters(name: str, shape: tuple[int, int, int]) -> None:
    network = build_network(name, shape, 10)
    module = plain_module(network, init_seed=3)
    assert module(torch.rand(4, *shape, dtype=torch.float64)).shape == (4, 10)
    initial = initial_parameters(network, 3)
    for key, value in module_parameters(network, module).items():
        assert torch.equal(value, initial[key])
        assert value.shape == network.parameter_shapes[key]


@pytest.mark.parametrize("name", NETWORKS)
def test_same_seed_same_weights_other_seed_other_weights(name: str) -> None:
    network = build_network(name, (1, 8, 8), 10)
    first, again, other = (initial_parameters(network, seed)["last.weight"] for seed in (5, 5, 2**63 - 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


LIMITS = [
    ("fig3", "first.weight", math.sqrt(6 / (25 * 3 + 25 * 20))),
    ("fig3", "last.weight", math.sqrt(6 / (20 * 28 * 28 + 10))),
    ("mlp", "first.weight", math.sqrt(6 / (3 * 32 * 32 + 64))),
    ("mlp", "last.weight", math.sqrt(6 / (64 + 10))),
    ("softmax", "last.weight", math.sqrt(6 / (3 * 32 * 32 + 10))),
]


@pytest.mark.parametrize(("name", "parameter", "limit"), LIMITS)
def test_weights_are_glorot_uniform(name: str, parameter: str, limit: float) -> None:
    weight = initial_parameters(build_network(name, (3, 32, 32), 10), 1)[parameter]
    assert float(weight.abs().max()) == pytest.approx(limit, rel=0.02)
    assert float(weight.abs().max()) <= limit
    assert float(weight.std()) == pytest.approx(limit / math.sqrt(3), rel=0.05)


@pytest.mark.parametrize("width", [1, 2, 100, 4096])
def test_an_mlp_has_the_width_that_is_asked_for(width: int) -> None:
    network = build_network("mlp", (1, 8, 8), 10, width)
    shapes = {"first.weight": (width, 64), "first.bias": (width,), "last.weight": (10, width), "last.bias": (10,)}
    assert network.parameter_shapes == shapes
    module = plain_module(network, init_seed=3)
    assert {name: value.shape for name, value in module.named_parameters()} == shapes
    for name in ("first.weight", "last.weight"):
        rows, columns = shapes[name]
        assert glorot_limit(network, name) == math.sqrt(6.0 / (rows + columns))
        assert float(module.get_parameter(name).detach().abs().max()) <= glorot_limit(network, name)


def test_without_a_width_an_mlp_is_what_it_was() -> None:
    assert build_network("mlp", (1, 8, 8), 10) == build_network("mlp", (1, 8, 8), 10, MLP_WIDTH)
    assert MLP_WIDTH == 64


@pytest.mark.parametrize(("name", "width"), [("mlp", 0), ("mlp", -1), ("fig3", 20), ("softmax", 1)])
def test_a_width_that_cannot_be_is_refused(name: str, width: int) -> None:
    with pytest.raises(ValueError, match=rf"`width` must be a positive .* got {width} for '{name}'"):
        build_network(name, (1, 8, 8), 10, width)


@pytest.mark.parametrize(
    ("parameter", "decayed"),
    [
        ("first.weight", True),
        ("norm.scale", True),
        ("norm.offset", True),
        ("last.weight", True),
        ("first.bias", False),
        ("last.bias", False),
    ],
)
def test_weight_decay_spares_biases_only(parameter: str, decayed: bool) -> None:
    assert is_decayed(parameter) is decayed


@pytest.mark.parametrize(("name", "shape"), [("resnet", (1, 28, 28)), ("fig3", (1, 4, 28))])
def test_impossible_networks_are_refused(name: str, shape: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match=r"networks|5x5"):
        build_network(name, shape, 10)


def test_a_logistic_network_has_no_biases() -> None:
    shapes = build_network("logistic", (1, 28, 28), 10, 45).parameter_shapes
    assert shapes == {"first.weight": (45, 784), "last.weight": (10, 45)}


def normal(width: int, seed: int = 3, sd: float = 0.01) -> dict[str, torch.Tensor]:
    setup = Setup(network="logistic", width=width, initialisation="normal", initialisation_settings=(("sd", sd),))
    return initial_parameters(network_of(setup, (1, 28, 28), 10), seed)


def test_normal_weights_have_the_deviation_that_is_asked_for() -> None:
    for sd in (0.01, 0.5):
        weights = normal(300, sd=sd)["first.weight"]
        assert float(weights.std()) == pytest.approx(sd, rel=0.01)
        assert abs(float(weights.mean())) < 0.01 * sd
    assert not torch.equal(normal(10)["first.weight"], normal(10, seed=4)["first.weight"])


def test_a_wider_layer_begins_with_the_weights_of_a_narrower_one() -> None:
    narrow, wide = normal(45), normal(300)
    assert torch.equal(wide["first.weight"][:45], narrow["first.weight"])
    assert torch.equal(wide["last.weight"][:, :45], narrow["last.weight"])
