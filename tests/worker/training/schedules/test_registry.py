"""The files of schedules beside the registry that documents, forms and pages are read from."""

from __future__ import annotations

import math

import pytest

from studies.learning import schedules as registry
from worker.training import schedules

REGISTERED = schedules.names()


def test_every_schedule_is_registered_and_every_registered_one_has_its_file() -> None:
    assert {entry.name for entry in registry.ENTRIES} == set(REGISTERED)


@pytest.mark.parametrize("name", REGISTERED)
def test_parameters_and_defaults_are_those_of_the_registry(name: str) -> None:
    entry = registry.by_name(name)
    defaults = {parameter.name: parameter.default for parameter in entry.parameters}
    assert defaults == schedules.own_values(name, ()), "own parameters and their defaults"
    words = {parameter.name: parameter.choices for parameter in entry.parameters if parameter.choices}
    measures = schedules.measured(name)
    assert words == ({} if measures is None else measures.CHOICES)
    assert entry.reconstruction == ("reconstruction" in str(schedules.schedule(name).__doc__))


@pytest.mark.parametrize("name", REGISTERED)
def test_values_within_the_registry_s_bounds_can_be_trained(name: str) -> None:
    """Inside, and at each bound that belongs to the range."""
    least = (("lo", 0.0),) if name == "mi_decay" else ()  # hi lies above it
    for parameter in registry.by_name(name).parameters:
        if parameter.choices:
            assert all(schedules.own_values(name, ((parameter.name, word),)) for word in parameter.choices)
            continue
        lowest, highest = max(parameter.lowest, -1e6), min(parameter.highest, 1e6)
        if isinstance(parameter.default, tuple):
            rows = [(lowest,), (highest, lowest)] + ([()] if not parameter.lengths[0] else [])
            for row in rows:
                assert schedules.own_values(name, ((parameter.name, row),))[parameter.name] == row
            continue
        if isinstance(parameter.default, int):
            assert schedules.own_values(name, ((parameter.name, lowest),))[parameter.name] == lowest
            continue
        values = [(lowest + highest) / 2, math.nextafter(lowest, math.inf), math.nextafter(highest, -math.inf)]
        values += [] if parameter.above else [lowest]
        values += [] if parameter.below else [highest]
        for value in values:
            assert schedules.own_values(name, (*least, (parameter.name, value)))[parameter.name] == value
