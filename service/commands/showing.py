"""A verdict on the terminal: what `golden verdict` prints, and `golden demo` at its end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from service.statements_table import answer_lines, outcomes_table, statements_table
from service.tables import verdict_table

if TYPE_CHECKING:
    from rich.console import Console

    from studies.verdict.model import StudyVerdict


def show_verdict(
    console: Console, verdict: StudyVerdict, *, notes: Iterable[str] = (), advice: Iterable[str] = ()
) -> None:
    """Print a verdict: its tables, its sentence, the statements, drift between contexts and trends.

    Args:
        console: where to.
        verdict: on a study or on trials measured elsewhere.
        notes: sentences that come before the verdict's own.
        advice: sentences that come last.
    """
    console.print(verdict_table(verdict))
    for table in (statements_table(verdict), outcomes_table(verdict)):
        if table is not None:
            console.print(table)
    moves = [drift.sentence for drift in verdict.drift] + [trend.sentence for trend in verdict.trends]
    for sentence in (*notes, verdict.sentence, *answer_lines(verdict), *moves, *advice):
        console.print(sentence, markup=False)
