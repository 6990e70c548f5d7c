"""The table that makes one verdict of the three statements, for readers, with the row that decided.

The rule itself is applied in `studies.verdict`; here a verdict's outcome and its first reason name the row.
"""

from __future__ import annotations

from dataclasses import dataclass

from studies.verdict.model import Outcome, SweepVerdict


@dataclass(frozen=True, slots=True)
class ConjunctionRow:
    """One row of the table: the first whose condition holds decides."""

    condition: str
    outcome: Outcome
    code: str  # the first reason of a verdict that it made; "" for any
    decided: bool = False  # this verdict


ROWS = (
    ConjunctionRow(
        "As good: yes. There: yes. No more failed runs than at the rivals, and the place is not shown not to matter.",
        Outcome.SUPPORTED,
        "",
    ),
    ConjunctionRow("Runs at the claimed point fail more often than at its rivals.", Outcome.REFUTED, "collapse"),
    ConjunctionRow("As good: no. There: undecided or no.", Outcome.REFUTED, "regret"),
    ConjunctionRow("As good: no. There: yes.", Outcome.INCONCLUSIVE, "near_not_at"),
    ConjunctionRow(
        "There: no, and on fresh pairs the best point outside is ahead of the best inside.", Outcome.REFUTED, "location"
    ),
    ConjunctionRow("As the first row, but the claim says too little to be tested.", Outcome.INCONCLUSIVE, "vague"),
    ConjunctionRow(
        "As the first row, but runs at the claimed point may fail more often.", Outcome.INCONCLUSIVE, "collapse"
    ),
    ConjunctionRow("Matters: no.", Outcome.INCONCLUSIVE, "flat"),
    ConjunctionRow("The optimum may lie beyond the box.", Outcome.INCONCLUSIVE, "edge"),
    ConjunctionRow("As good: yes. There: undecided.", Outcome.INCONCLUSIVE, "as_good"),
    ConjunctionRow("None of these.", Outcome.INCONCLUSIVE, "power"),
)


def conjunction_rows(verdict: SweepVerdict) -> tuple[ConjunctionRow, ...]:
    """The table with its deciding row marked; none where something before the table decided, such as missing runs."""
    code = verdict.reasons[0].code if verdict.reasons else ""
    chosen = next((row for row in ROWS if row.outcome is verdict.outcome and row.code in ("", code)), None)
    return tuple(ConjunctionRow(row.condition, row.outcome, row.code, decided=row is chosen) for row in ROWS)
