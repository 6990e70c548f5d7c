"""A figure as a table and a sentence, for those who do not see it and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Value = str | int | float | None


@dataclass(frozen=True, slots=True)
class FigureTable:
    """The numbers behind a figure: a heading per column, rows in the order in which they are drawn."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    said: str = ""  # what the figure shows, in a sentence or two

    @classmethod
    def of(cls, columns: Sequence[str], rows: Iterable[Sequence[Value]], said: str = "") -> FigureTable:
        """A table of these rows, each as long as `columns`."""
        return cls(tuple(columns), tuple(tuple(row) for row in rows), said)

    @property
    def records(self) -> list[dict[str, Value]]:
        """Each row by the names of its columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]
