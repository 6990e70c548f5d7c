"""The files of networks that are modules, beside the registry that documents, forms and pages are read from."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from studies.learning import initialisations
from studies.learning import networks as registry
from worker.training import modules
from worker.training.initial_weights import DRAWS
from worker.training.lanes import Lane, Setup
from worker.training.structure import activation_of, lane_module, structure_of

SHAPE = (3, 32, 32)


def test_every_module_is_registered_and_every_registered_one_has_its_file() -> None:
    assert set(registry.MODULES) == set(modules.names())


@pytest.mark.parametrize("name", modules.names())
def test_settings_and_layers_are_those_of_the_registry(name: str) -> None:
    entry, found = registry.by_name(name), modules.architecture(name)
    stated: dict[str, Any] = {parameter.name: parameter.default for parameter in entry.parameters}
    assert stated.pop("width", None) == found.WIDTH
    assert stated == dict(found.SETTINGS)
    assert entry.layers == found.LAYERS


@pytest.mark.parametrize("name", modules.names())
def test_every_choice_of_a_document_is_one_that_the_file_takes(name: str) -> None:
    for parameter in registry.by_name(name).parameters:
        for choice in parameter.choices:
            modules.build(name, SHAPE, 10, settings={parameter.name: choice})


@pytest.mark.parametrize("name", modules.names())
def test_the_smallest_image_of_the_registry_is_the_smallest_that_fits(name: str) -> None:
    least = registry.by_name(name).least
    network = modules.build(name, (1, least, least), 10)
    assert network.empty().eval()(torch.rand(2, 1, least, least, dtype=torch.float64)).shape == (2, 10)
    if least > 1:
        with pytest.raises(ValueError, match=f"{least}x{least}"):
            modules.build(name, (1, least - 1, 2 * least), 10)


@pytest.mark.parametrize("name", modules.names())
def test_every_layer_has_its_activation_in_the_module(name: str) -> None:
    network = modules.build(name, SHAPE, 10)
    parts = dict(network.empty().named_children())
    for layer in network.layers:
        assert isinstance(parts[activation_of(network, layer)], torch.nn.ReLU)


@pytest.mark.parametrize("name", modules.names())
def test_a_lanes_module_follows_its_seed_alone(name: str) -> None:
    setup = Setup(network=name, initialisation="he_normal")
    network = structure_of(setup, SHAPE, 10)

    def weights(seed: int) -> list[torch.Tensor]:
        return [value.detach() for value in lane_module(network, Lane(0.1, 0.5, "sse", seed), setup).parameters()]

    torch.manual_seed(1)
    first = weights(7)
    torch.manual_seed(2)
    assert all(torch.equal(one, again) for one, again in zip(first, weights(7), strict=True))
    assert not any(torch.equal(one, other) for one, other in zip(first, weights(8), strict=True) if one.dim() > 1)
    assert list(network.parameter_shapes.values()) == [tuple(value.shape) for value in first]


def test_every_initialisation_that_fits_modules_can_be_drawn() -> None:
    fitting = {entry.name for entry in initialisations.ENTRIES if not entry.networks or "mlp2" in entry.networks}
    assert fitting == set(DRAWS)


def test_an_unknown_network_is_refused() -> None:
    with pytest.raises(ValueError, match=r"`name`.*mlp2"):
        structure_of(Setup(network="resnet"), SHAPE, 10)
    with pytest.raises(ValueError, match="network"):
        modules.build("resnet", SHAPE, 10)
