"""Tables of figures as CSV."""

from __future__ import annotations

import csv
import io

from service.table_csv import table_csv
from studies.figures.figure_table import FigureTable


def test_a_missing_value_is_empty_and_no_text_is_run() -> None:
    text = table_csv(FigureTable.of(("trial", "name"), [(1, "=1+1"), (2, None)])).decode()
    assert list(csv.reader(io.StringIO(text))) == [["trial", "name"], ["1", "'=1+1"], ["2", ""]]
