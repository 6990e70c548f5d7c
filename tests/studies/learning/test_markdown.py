"""The page of learning rules has the tables that the registry gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from studies.learning.chosen import TABLES
from studies.learning.markdown import tables, written

PAGE = Path(__file__).parents[3] / "docs" / "learning-rules.md"


def test_the_page_has_the_tables_of_the_registry() -> None:
    page = PAGE.read_text("utf-8")
    assert written(page) == page, "write them anew: make rules"


def test_every_entry_has_its_row_and_a_reconstruction_says_so() -> None:
    found = tables()
    for entries in TABLES.values():
        for entry in entries:
            (row,) = [line for line in found.splitlines() if line.startswith(f"| `{entry.name}`")]
            assert ("(reconstruction)" in row) == entry.reconstruction
            assert all(f"`{parameter.name}` = " in row for parameter in entry.parameters)


def test_a_page_without_marks_is_no_page_of_tables() -> None:
    with pytest.raises(ValueError):
        written("# Learning rules")
