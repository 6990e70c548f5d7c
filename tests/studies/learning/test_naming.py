"""Entries by name, and how people read their names."""

from __future__ import annotations

import pytest

from studies.learning import backward_rules, initialisations, networks, schedules, update_rules
from studies.learning.naming import listed, shown_name


def test_a_reconstruction_is_called_one_wherever_its_name_shows() -> None:
    assert shown_name(schedules.by_name("anneal_eta")) == "anneal_eta (reconstruction)"
    assert shown_name(schedules.by_name("cosine")) == "cosine"


def test_names_in_a_sentence() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b"]) == "a or b"
    assert listed(["a", "b", "c"], "and") == "a, b and c"


@pytest.mark.parametrize("table", [backward_rules, initialisations, networks, schedules, update_rules])
def test_an_entry_is_found_by_its_name_alone(table: object) -> None:
    for entry in table.ENTRIES:  # type: ignore[attr-defined]
        assert table.by_name(entry.name) is entry  # type: ignore[attr-defined]
    with pytest.raises(KeyError):
        table.by_name("nonsense")  # type: ignore[attr-defined]
