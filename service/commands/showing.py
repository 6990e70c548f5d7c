"""A verdict on the terminal: what `golden verdict` prints, and `golden demo` at its end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from service.statements_table import answer_lines, outcomes_table, statements_table
from service.tables import verdict_table

if TYPE_CHECKING:
    from rich.console import Console

    from studies.language.spec import StudySpec
    from studies.verdict.model import StudyVerdict


def show_verdict(
    console: Console,
    verdict: StudyVerdict,
    spec: StudySpec | None = None,
    *,
    notes: Iterable[str] = (),
    advice: Iterable[str] = (),
) -> None:
    """Print a verdict: its tables, its sentence, the statements, drift between contexts and trends.

    Args:
        console: where to.
        verdict: on a study or on trials measured elsewhere.
        spec: the study's document, which says what its contexts train by; None for trials measured elsewhere.
        notes: sentences that come before the verdict's own.
        advice: sentences that come last.
    """
    verdict = verdict if spec is None else named_for_people(verdict, spec)
    console.print(verdict_table(verdict))
    for table in (statements_table(verdict), outcomes_table(verdict)):
        if table is not None:
            console.print(table)
    moves = [drift.sentence for drift in verdict.drift] + [trend.sentence for trend in verdict.trends]
    for sentence in (*notes, verdict.sentence, *answer_lines(verdict), *moves, *advice):
        console.print(sentence, markup=False)


def named_for_people(verdict: StudyVerdict, spec: StudySpec) -> StudyVerdict:
    """The verdict with its sweeps' names as people read them: what is a reconstruction is called one."""
    from studies.language.trained_words import shown_sweep  # brings numpy, which `golden --help` does without

    return replace(verdict, sweeps=tuple(replace(each, sweep=shown_sweep(spec, each.sweep)) for each in verdict.sweeps))
