"""The distributions of initial weights that a context can name."""

from __future__ import annotations

from studies.learning.entry import Entry
from studies.learning.naming import found

ENTRIES: tuple[Entry, ...] = (
    Entry(
        name="glorot_uniform",
        title="Glorot uniform",
        formula="weights uniform within +- sqrt(6 / (inputs + outputs)); biases 0",
        source="Glorot and Bengio (2010), as Jaeger (2020)",
    ),
)


def by_name(name: str) -> Entry:
    """The initialisation of this name.

    Raises:
        KeyError: there is none.
    """
    return found(ENTRIES, name)
