"""Tables of figures as CSV."""

from __future__ import annotations

import csv
import io

from service.csv_cells import cell
from studies.figures.figure_table import FigureTable


def table_csv(table: FigureTable) -> bytes:
    """A header line and a line per row; a missing value is empty, a text that a spreadsheet would run is quoted."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow([cell(name) for name in table.columns])
    writer.writerows([cell(value) for value in row] for row in table.rows)
    return buffer.getvalue().encode()
