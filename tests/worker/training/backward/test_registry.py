"""The files of backward rules beside the registry that documents, forms and pages are read from."""

from __future__ import annotations

import pytest

from studies.learning import backward_rules as registry
from studies.learning import networks as known_networks
from worker.training import backward, networks
from worker.training.lanes import NETWORKS


def test_every_rule_is_registered_and_every_registered_one_has_its_file() -> None:
    assert {entry.name for entry in registry.ENTRIES} == set(backward.names())


@pytest.mark.parametrize("name", backward.names())
def test_choices_are_those_of_the_registry(name: str) -> None:
    entry = registry.by_name(name)
    assert {p.name: set(p.choices) for p in entry.parameters if p.choices} == {
        each: set(choices) for each, choices in backward.rule(name).CHOICES.items()
    }
    assert {p.name: p.default for p in entry.parameters if not p.choices} == backward.rule(name).NUMBERS
    assert {p.name for p in entry.own} <= set(backward.rule(name).NUMBERS)
    assert entry.reconstruction == ("reconstruction" in str(backward.rule(name).__doc__))


def test_networks_and_the_default_width_are_those_of_the_registry() -> None:
    stacked = {entry.name for entry in known_networks.ENTRIES if entry.stacked}
    assert stacked == set(NETWORKS)
    (width,) = known_networks.by_name("mlp").parameters
    assert width.default == networks.MLP_WIDTH
