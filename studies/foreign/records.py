"""A table as its source has it, before anything in it is understood; and rows that nobody could read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from studies.errors import Problem, SpecError

FEWEST = 6  # rows that must remain where others are left out: so many a surface needs


@dataclass(frozen=True, slots=True)
class OddRow:
    """A row that does not count.

    Attributes:
        reason: for counting, such as "without momentum".
        problem: the fault with its place and cure; None where it is no fault, as of a trial that was pruned.
    """

    reason: str
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Records:
    """Names of columns, and the cells below them.

    Attributes:
        columns: names as they are written, in order.
        rows: cells in that order: text, or the values that JSON, Parquet or Optuna have.
        places: where each row stands in its source, such as "line 7" or "trial 12".
        head: where the names stand.
        odd: rows whose cells could not be told apart.
        decimal_comma: True where a comma in a number cannot be a separator.
        said: sentences on the form of the source.
        maximised: direction by column, of those whose direction the source states.
        value: the column that the source says is the value; None where it says nothing.
        is_own: True for runs of a study of ours, which have a column for each objective.
        is_grid: True where the source proves that the points are a grid fixed in advance.
        is_named_by_user: False where the names cannot be changed, as in a database.
    """

    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]
    places: Sequence[str]
    head: str = "line 1"
    odd: tuple[OddRow, ...] = ()
    decimal_comma: bool = False
    said: tuple[str, ...] = ()
    maximised: tuple[tuple[str, bool], ...] = ()
    value: str | None = None
    is_own: bool = False
    is_grid: bool = False
    is_named_by_user: bool = True

    def place(self, row: int, column: str) -> str:
        """The place of a cell in words."""
        return f"{self.places[row]}, column {column}"


def counted(odd: Iterable[OddRow]) -> dict[str, int]:
    """Numbers of rows by reason, sorted by it."""
    return dict(sorted(Counter(row.reason for row in odd).items()))


def require_enough(remaining: int, odd: Iterable[OddRow]) -> None:
    """Let a table pass whose faulty rows can be left out.

    Raises:
        SpecError: fewer than `FEWEST` rows remain; every fault is named.
    """
    problems = [row.problem for row in odd if row.problem is not None]
    if problems and remaining < FEWEST:
        raise SpecError(problems)
