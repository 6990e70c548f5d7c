"""Facts of the backward rules."""

from __future__ import annotations

from studies.learning import networks
from studies.learning.backward_rules import CHANGED, ENTRIES


def test_only_backpropagation_fits_a_network_without_a_hidden_layer() -> None:
    assert set(CHANGED) == {network.name for network in networks.ENTRIES if network.layers}
    assert [entry.name for entry in ENTRIES if not entry.networks] == ["backpropagation"]


def test_a_layer_is_named_that_a_fitting_network_has() -> None:
    for entry in ENTRIES:
        for parameter in entry.parameters:
            if parameter.name == "layer":
                layers = [set(networks.by_name(name).layers) for name in entry.networks]
                assert set(parameter.choices) == set.union(*layers)
                assert parameter.default in layers[0]
