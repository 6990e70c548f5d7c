"""Every entry of every kind: what a context can name is described in full, and its defaults are legal."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from studies.learning.chosen import DEFAULTS, TABLES, Chosen
from studies.learning.entry import Entry, Kind, Parameter
from studies.learning.naming import found, shown_name

EACH = [pytest.param(kind, entry, id=f"{kind} {entry.name}") for kind, entries in TABLES.items() for entry in entries]
OWN = [
    pytest.param(entry, parameter, id=f"{entry.name} {parameter.name}")
    for entries in TABLES.values()
    for entry in entries
    for parameter in entry.parameters
]


def test_there_is_a_table_for_every_kind() -> None:
    assert set(TABLES) == set(get_args(Kind))
    for kind, entries in TABLES.items():
        assert len({entry.name for entry in entries}) == len(entries)
        assert not found(entries, DEFAULTS[kind]).reconstruction


@pytest.mark.parametrize(("kind", "entry"), EACH)
def test_an_entry_says_what_it_is(kind: Kind, entry: Entry) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", entry.name)
    assert entry.title and entry.formula and entry.source
    assert ("reconstruction" in shown_name(entry)) == entry.reconstruction
    assert set(entry.networks) <= {network.name for network in TABLES["network"]}
    assert len({parameter.name for parameter in entry.parameters}) == len(entry.parameters)


@pytest.mark.parametrize(("entry", "parameter"), OWN)
def test_a_parameter_has_a_default_within_its_bounds(entry: Entry, parameter: Parameter) -> None:
    assert parameter.meaning
    assert parameter.name not in {"name", "eta", "alpha", "lr", "momentum"}, "which a trial sets"
    if isinstance(parameter.default, str):
        assert parameter.default in parameter.choices
    elif isinstance(parameter.default, tuple):
        fewest, most = parameter.lengths
        assert fewest <= len(parameter.default) <= most
        assert all(parameter.lowest <= number <= parameter.highest for number in parameter.default)
    elif not isinstance(parameter.default, bool):
        low, high, value = parameter.lowest, parameter.highest, parameter.default
        assert low < value if parameter.above else low <= value
        assert value < high if parameter.below else value <= high
        assert -1e30 < low < high <= 1e30, "a number that fits single precision"
        assert parameter.lengths == (0, 0)
    assert not parameter.varies or isinstance(parameter.default, float)


def test_a_choice_is_plain_values() -> None:
    assert Chosen("sgd").settings == ()
    assert Chosen("adam", {"beta1": 0.9, "epsilon": 1e-8}).settings == (("beta1", 0.9), ("epsilon", 1e-8))
