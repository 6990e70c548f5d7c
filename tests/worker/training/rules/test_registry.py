"""The table that documents name rules from, beside the files that compute them."""

from __future__ import annotations

import pytest

from worker.training.rules import names, rule

update_rules = pytest.importorskip("studies.learning.update_rules")


def test_every_rule_that_a_document_may_name_has_its_file_and_the_other_way_round() -> None:
    assert {entry.name for entry in update_rules.ENTRIES} == set(names())


@pytest.mark.parametrize("name", names())
def test_parameters_and_defaults_are_the_same_on_both_sides(name: str) -> None:
    entry, found = update_rules.by_name(name), rule(name)
    stated = {parameter.name: parameter for parameter in entry.parameters}
    assert set(stated) == {*found.NUMBERS, *found.CHOICES}
    for parameter, default in found.NUMBERS.items():
        assert stated[parameter].default == default
        assert not isinstance(stated[parameter].default, bool | str)
    for parameter, allowed in found.CHOICES.items():
        assert stated[parameter].default == allowed[0]
        assert set(stated[parameter].choices or (True, False)) == set(allowed)
    assert (entry.eta, entry.alpha) == (found.ETA, found.ALPHA)
