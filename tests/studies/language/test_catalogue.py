"""The shipped studies: each is sound, has its own name, and is found by it."""

from __future__ import annotations

import pytest

from studies.errors import StudyNotFoundError
from studies.language import catalogue
from studies.language.spec import parse


def test_the_one_to_start_with_comes_first() -> None:
    names = [entry.name for entry in catalogue.entries()]
    assert names[:4] == ["quickstart", "golden-landscape", "table-1", "golden-across-rules"]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("entry", catalogue.entries(), ids=lambda entry: entry.name)
def test_an_entry_is_a_study_of_its_own_name_that_says_what_it_shows(entry: catalogue.CatalogueEntry) -> None:
    assert entry.spec == parse(entry.toml, form="toml") == catalogue.load(entry.name)
    assert entry.spec.name == entry.name
    assert entry.title and entry.description
    assert catalogue.entry(entry.name) is entry


def test_an_unknown_entry_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(StudyNotFoundError, match="no study 'nope'; it has quickstart, golden-landscape"):
        catalogue.entry("nope")
