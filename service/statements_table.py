"""The answers of analysis 5 for a terminal: three statements a sweep, and what stands beside them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from service.tables import new_table
from service.terminal import cell

if TYPE_CHECKING:  # the models bring numpy, which `golden --help` does without
    from studies.figures.answers_table import AnswersInfo
    from studies.verdict.model import StudyVerdict

QUESTIONS = {"as_good": "as good as the best?", "there": "is the optimum there?", "matters": "does the place matter?"}
MARKS = {"yes": ("✔ yes", "green"), "no": ("✘ no", "red"), "undecided": ("? undecided", "yellow")}


def answer_mark(name: str) -> Text:
    """An answer by mark, word and colour, never by colour alone."""
    text, style = MARKS.get(name, (name, ""))
    return cell(text, style)


def statements_table(verdict: StudyVerdict) -> Table | None:
    """Three lines under each sweep: question, answer and number; None under an earlier analysis. Fits 80 columns."""
    found = _answers(verdict)
    if not found:
        return None
    table = new_table("three statements")
    for title in ("statement", "answer", "by how much"):
        table.add_column(title, overflow="fold", no_wrap=title == "answer")
    for sweep, info in found.items():
        table.add_row(cell(sweep, "bold"))
        for line in info.lines:
            table.add_row(f"  {QUESTIONS[line.key]}", answer_mark(line.answer.value), cell(line.number))
        table.add_section()
    return table


def outcomes_table(verdict: StudyVerdict) -> Table | None:
    """Runs by what became of them, at the claimed point and in all, per sweep; None under an earlier analysis."""
    found = _answers(verdict)
    if not found:
        return None
    from studies.figures.outcome_signs import SIGNS  # brings numpy, which `golden --help` does without

    table = new_table("runs by outcome")
    table.add_column("sweep", overflow="fold")
    names = dict.fromkeys(name for info in found.values() for name, _ in info.outcomes[0].counts)
    for title in (*(SIGNS[name].word for name in names), "all"):
        table.add_column(title, justify="right")
    for sweep, info in found.items():
        table.add_row(cell(sweep, "bold"))
        for row in info.outcomes:
            counts = dict(row.counts)
            table.add_row(f"  {row.label}", *(f"{counts.get(name, 0):,}" for name in names), f"{row.total:,}")
        table.add_section()
    return table


def answer_lines(verdict: StudyVerdict) -> list[str]:
    """What stands beside the statements, in sentences: each sweep's own with its name, then what all share, once."""
    found = _answers(verdict)
    several = len(found) > 1
    own = [f"{name}: {line}" if several else line for name, info in found.items() for line in _own(info)]
    shared = dict.fromkeys(line for info in found.values() for line in (info.vague, info.terms) if line)
    return [*own, *_advice(verdict), *shared]


def _answers(verdict: StudyVerdict) -> dict[str, AnswersInfo]:
    from studies.figures.answers_table import answers_info

    pairs = ((sweep.sweep, answers_info(sweep)) for sweep in verdict.sweeps)
    return {name: info for name, info in pairs if info is not None}


def _own(info: AnswersInfo) -> Iterable[str]:
    rule = next((rule for rule in info.rules if rule.decided), None)
    decided = "" if rule is None else f"The row of the table that decided: {rule.condition}. So it is {rule.outcome}."
    return (text for text in (decided, info.collapse, info.blocks, info.scatter) if text)


def _advice(verdict: StudyVerdict) -> tuple[str, ...]:
    """An advice for each cause for which runs of any sweep did not train."""
    from studies.figures.run_outcomes import outcome_advice, total
    from studies.verdict.names import OF_PAPER, named_by

    named = named_by(verdict.sweeps[0]) if verdict.sweeps else OF_PAPER
    return outcome_advice(total(sweep.answers.outcomes for sweep in verdict.sweeps if sweep.answers is not None), named)
