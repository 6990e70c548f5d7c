"""The three statements of analysis 5 as lines for readers: a question beside what `verdict.wording_statements` says."""

from __future__ import annotations

from dataclasses import dataclass

from studies.language.claim import Claim
from studies.verdict.answers import Answer, Statements
from studies.verdict.model import SweepVerdict
from studies.verdict.names import judged_by, named_by
from studies.verdict.wording_statements import Key, SaidStatement, Terms, said_statements

QUESTIONS: dict[Key, str] = {
    "as_good": "Is the claimed point as good as the best?",
    "there": "Is the optimum there?",
    "matters": "Does the place matter?",
}
SHORT: dict[Key, str] = {"as_good": "As good", "there": "There", "matters": "Matters"}


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One statement."""

    key: Key
    question: str
    short: str  # heading of a column of answers
    answer: Answer
    number: str  # in a few words, a dash where there is none
    sentence: str


def statement_lines(verdict: SweepVerdict, claim: Claim | None = None) -> tuple[StatementLine, ...]:
    """The three statements in order; none for a verdict of an earlier analysis.

    Args:
        verdict: of one sweep.
        claim: gives the tolerance that the sentence on the optimum's place names; None: the sentence leaves it out.
    """
    if verdict.answers is None:
        return ()
    return lines_of(verdict.answers.statements, verdict, claim)


def lines_of(statements: Statements, verdict: SweepVerdict, claim: Claim | None = None) -> tuple[StatementLine, ...]:
    """The same for statements on any point, such as a decoy; `verdict` gives margin and objective."""
    judged, margins = judged_by(verdict), (verdict.margin, verdict.margin_points)
    terms = Terms(judged, *margins, named=named_by(verdict)) if claim is None else Terms.of(claim, judged, *margins)
    return tuple(_line(said) for said in said_statements(statements, terms))


def edge_note(verdict: SweepVerdict, parameter: str) -> str:
    """A note under an interval of a parameter whose region reaches the edge of the box; "" elsewhere.

    Args:
        verdict: of one sweep.
        parameter: by name.
    """
    open_sides = () if verdict.answers is None else verdict.answers.statements.there.open_sides
    return "edge of the box" if any(side.rpartition(" ")[0] == parameter for side in open_sides) else ""


def _line(said: SaidStatement) -> StatementLine:
    return StatementLine(said.key, QUESTIONS[said.key], SHORT[said.key], said.answer, said.number, said.sentence)
