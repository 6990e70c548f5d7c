"""A figure as a table."""

from __future__ import annotations

from studies.figures.figure_table import FigureTable


def test_rows_are_records_by_their_columns() -> None:
    table = FigureTable.of(["trial", "value"], [[1, 0.5], (2, None)], "Two trials.")
    assert table.records == [{"trial": 1, "value": 0.5}, {"trial": 2, "value": None}]
    assert FigureTable.of(("a",), ()).rows == ()
