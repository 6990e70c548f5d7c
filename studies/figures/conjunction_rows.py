"""The table that makes one verdict of the three statements, for readers, with the row that decided.

The rule itself is applied in `studies.verdict`; here a verdict's outcome and its first reason name the row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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


HOLDS = "as good: yes; there: yes; matters: not no"
ROWS = (
    ConjunctionRow("not one run trained", Outcome.INCONCLUSIVE, "diverged | untrained"),
    ConjunctionRow("phases unfinished, or no paired blocks", Outcome.INCONCLUSIVE, "incomplete"),
    ConjunctionRow("more than 2 % of the planned runs missing", Outcome.INCONCLUSIVE, "data"),
    ConjunctionRow("Student's t and sign flips lead to different rows below", Outcome.INCONCLUSIVE, "fragile"),
    ConjunctionRow(f"{HOLDS}; no collapse hinders; not vague", Outcome.SUPPORTED, "specific | not_specific"),
    ConjunctionRow("the claim's runs fail to train more often than those of its rivals", Outcome.REFUTED, "collapse"),
    ConjunctionRow("as good: no; there: not yes", Outcome.REFUTED, "regret"),
    ConjunctionRow("as good: no; there: yes", Outcome.INCONCLUSIVE, "near_not_at"),
    ConjunctionRow(
        "there: no; fresh pairs show the best outside ahead of the best inside", Outcome.REFUTED, "location"
    ),
    ConjunctionRow("no polynomial fits", Outcome.INCONCLUSIVE, "model"),
    ConjunctionRow("points came from an adaptive sampler", Outcome.INCONCLUSIVE, "adaptive"),
    ConjunctionRow(f"{HOLDS}; the claim is vague", Outcome.INCONCLUSIVE, "vague"),
    ConjunctionRow(f"{HOLDS}; collapse hinders", Outcome.INCONCLUSIVE, "collapse"),
    ConjunctionRow("matters: no", Outcome.INCONCLUSIVE, "flat"),
    ConjunctionRow("the 95 % region reaches the edge of the box", Outcome.INCONCLUSIVE, "edge"),
    ConjunctionRow("as good: yes", Outcome.INCONCLUSIVE, "as_good"),
    ConjunctionRow("anything else", Outcome.INCONCLUSIVE, "power"),
)


def conjunction_rows(verdict: SweepVerdict) -> tuple[ConjunctionRow, ...]:
    """The table with its deciding row marked; none where the verdict names no reason of the table."""
    code = verdict.reasons[0].code if verdict.reasons else ""
    chosen = next((row for row in ROWS if row.outcome is verdict.outcome and code in row.codes), None)
    return tuple(replace(row, decided=row is chosen) for row in ROWS)
