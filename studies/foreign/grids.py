"""Grids that are known to have been fixed in advance: Optuna's `GridSampler` numbers its points before any value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from studies.foreign.cells import Fault, is_nothing, whole
from studies.foreign.names import Column
from studies.foreign.records import Records

GRID_ID = "system_attrs_grid_id"  # in `Study.trials_dataframe`
SAID = "The points are a grid of Optuna's GridSampler, so they count as fixed."


def with_grid(records: Records, columns: Sequence[Column]) -> Records:
    """The records, which say whether every row is a point of such a grid."""
    numbered = next((column for column in columns if column.written == GRID_ID), None)
    known = records.is_grid or (numbered is not None and bool(records.rows) and _all_numbered(records, numbered))
    return replace(records, is_grid=True, said=(*records.said, SAID)) if known else records


def _all_numbered(records: Records, column: Column) -> bool:
    cells = [row[column.index] for row in records.rows]
    return all(not is_nothing(cell) and not isinstance(whole(cell), Fault) for cell in cells)
