"""What a context chose of a table: the entry's name and the values of its own parameters, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from studies.learning import backward_rules, initialisations, networks, schedules, update_rules
from studies.learning.entry import Entry, Kind, Value

TABLES: Mapping[Kind, tuple[Entry, ...]] = {
    "network": networks.ENTRIES,
    "update_rule": update_rules.ENTRIES,
    "initialisation": initialisations.ENTRIES,
    "schedule": schedules.ENTRIES,
    "backward_rule": backward_rules.ENTRIES,
}
DEFAULTS: Mapping[Kind, str] = {kind: entries[0].name for kind, entries in TABLES.items()}


@dataclass(frozen=True, slots=True)
class Chosen:
    """An entry by its name, with a value for each of its parameters."""

    name: str
    values: Mapping[str, Value] = field(default_factory=dict)

    @property
    def settings(self) -> tuple[tuple[str, Value], ...]:
        """The values in the table's order, as the training engine takes them."""
        return tuple(self.values.items())

    @property
    def plain(self) -> tuple[tuple[str, float | str | bool], ...]:
        """The settings that are no lists: all of them but a schedule's."""
        return tuple((name, value) for name, value in self.settings if not isinstance(value, tuple))

    def row(self, name: str) -> tuple[float, ...]:
        """A list of numbers, by its name.

        Raises:
            KeyError: there is no such list.
        """
        value = self.values[name]
        if not isinstance(value, tuple):
            raise KeyError(name)
        return value
