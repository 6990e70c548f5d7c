"""The table that makes one verdict of the three statements, for readers, with the row that decided.

The rule itself is `studies.verdict.conjunction`; here a verdict's outcome and its first reason name the row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from studies.verdict.conjunction import TABLE
from studies.verdict.model import Outcome, SweepVerdict


@dataclass(frozen=True, slots=True)
class ConjunctionRow:
    """One row of the table: the first whose condition holds decides."""

    condition: str
    outcome: Outcome
    code: str  # the first reason of a verdict that it made; several are parted by "|"
    decided: bool = False  # this verdict

    @property
    def codes(self) -> tuple[str, ...]:
        """The reasons that it may give."""
        return tuple(self.code.split(" | "))


ROWS = tuple(ConjunctionRow(row.condition, row.outcome, row.code) for row in TABLE)


def conjunction_rows(verdict: SweepVerdict) -> tuple[ConjunctionRow, ...]:
    """The table with its deciding row marked; none where the verdict names no reason of the table."""
    code = verdict.reasons[0].code if verdict.reasons else ""
    chosen = next((row for row in ROWS if row.outcome is verdict.outcome and code in row.codes), None)
    return tuple(replace(row, decided=row is chosen) for row in ROWS)
