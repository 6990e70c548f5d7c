"""What a context chose of a table: the entry's name and the values of its own parameters, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from studies.learning import backward_rules, initialisations, networks, schedules, update_rules
from studies.learning.entry import Entry, Kind

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
    values: Mapping[str, Any] = field(default_factory=dict)  # of the kinds in `entry.Value`

    @property
    def settings(self) -> tuple[tuple[str, Any], ...]:
        """The values in the table's order, as the training engine takes them."""
        return tuple(self.values.items())
