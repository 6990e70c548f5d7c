"""The three statements of analysis 5 for readers: a question, its answer, one number and one plain sentence each.

Read off the verdict's own record (`answers.Statements`), so that a stored verdict, a report and a page say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from studies.figures.amounts import amount
from studies.figures.arms import arm_phrase
from studies.figures.numbers import NONE, momentum, number
from studies.language.claim import Claim
from studies.verdict.answers import Answer, AsGood, OptimumThere, PlaceMatters, Statements
from studies.verdict.model import SweepVerdict

Key = Literal["as_good", "there", "matters"]
QUESTIONS: dict[Key, str] = {
    "as_good": "Is the claimed point as good as the best?",
    "there": "Is the optimum there?",
    "matters": "Does the place matter?",
}
SHORT: dict[Key, str] = {"as_good": "As good", "there": "There", "matters": "Matters"}
_SIDES = {"eta": "η", "alpha": "α"}


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
    good, there, matters = statements.as_good, statements.there, statements.matters
    return (
        _line("as_good", good.answer, _lost(good, verdict.objective), _as_good(good, verdict)),
        _line("there", there.answer, _distance(there), _there(there, claim)),
        _line("matters", matters.answer, _part(matters), _matters(matters)),
    )


def sides(open_sides: tuple[str, ...]) -> str:
    """Sides of the box in words: "low η and high α"."""
    return " and ".join(_side(side) for side in open_sides)


def edge_note(verdict: SweepVerdict, parameter: str) -> str:
    """A note under an interval of a parameter whose region reaches the edge of the box; "" elsewhere."""
    open_sides = () if verdict.answers is None else verdict.answers.statements.there.open_sides
    return "edge of the box" if any(side.partition(" ")[0] == parameter for side in open_sides) else ""


def _line(key: Key, answer: Answer, shown: str, sentence: str) -> StatementLine:
    return StatementLine(key, QUESTIONS[key], SHORT[key], answer, shown, sentence)


def _side(side: str) -> str:
    name, _, end = side.partition(" ")
    return f"{end} {_SIDES.get(name, name)}".strip()


def _lost(good: AsGood, objective: str) -> str:
    if good.answer is Answer.NO and good.loses_at_least is not None and not good.by_surface:
        return f"loses at least {amount(good.loses_at_least, good.loses_at_least_points, objective, short=True)}"
    most = amount(good.loses_at_most, good.loses_at_most_points, objective, short=True)
    return NONE if most == NONE else f"loses at most {most}"


def _as_good(good: AsGood, verdict: SweepVerdict) -> str:
    most = amount(good.loses_at_most, good.loses_at_most_points, verdict.objective)
    margin = amount(verdict.margin, verdict.margin_points, verdict.objective)
    if good.answer is Answer.NO:
        return _beaten(good, verdict, "" if margin == NONE else f"; less than {margin} would count as equal")
    if most == NONE:
        return "It has not been compared with other points on fresh seeds yet."
    counts = "counts" if good.answer is Answer.YES else "would count"
    equal = "" if margin == NONE else f"; less than {margin} {counts} as equal"
    return f"On fresh seeds it loses at most {most} to any point run beside it (95 %){equal}."


def _beaten(good: AsGood, verdict: SweepVerdict, equal: str) -> str:
    winner = "another point" if good.arm is None else arm_phrase(good.arm)
    if good.by_surface:
        return f"On fresh seeds it loses to {winner}, and the fitted surface puts its loss above the margin{equal}."
    least, margin = good.loses_at_least, verdict.margin
    if least is None or margin is None or least < margin:
        return f"On fresh seeds it loses to {winner}, by more than the margin{equal}."
    shown = amount(least, good.loses_at_least_points, verdict.objective)
    return f"On fresh seeds it loses at least {shown} to {winner} (95 %){equal}."


def _distance(there: OptimumThere) -> str:
    if there.nearest is None or there.farthest is None:
        return NONE
    if not there.identifiable and there.answer is not Answer.NO:
        return "anywhere in the box"
    near, far = _trimmed(there.nearest), _trimmed(there.farthest)
    if there.answer is Answer.YES:
        return f"at most a factor {far} away"
    if there.answer is Answer.NO:
        return f"at least a factor {near} away"
    far = f"over {far}" if there.open_sides else far
    return f"up to a factor {far} away" if there.nearest <= 1.0 else f"a factor {near} to {far} away"


def _there(there: OptimumThere, claim: Claim | None) -> str:
    if there.nearest is None or there.farthest is None:
        return "Nothing can be said yet about where the optimum lies."
    if not there.identifiable and there.answer is not Answer.NO:
        return "The data do not say where the optimum lies: its 95 % region reaches across the whole box."
    bound = "the claimed tolerance" if claim is None else f"the claimed factor of {_trimmed(claim.tolerance_factor)}"
    near, far = _trimmed(there.nearest), _trimmed(there.farthest)
    reach = f"up to a factor {far}" if there.nearest <= 1.0 else f"a factor {near} to {far}"
    doubt = there.doubt or f"inside or outside {bound}"
    said = {
        Answer.YES: f"It lies within a factor {far} of the claimed point (95 %), inside {bound}",
        Answer.NO: f"It lies at least a factor {near} from the claimed point (95 %), outside {bound}",
        Answer.UNDECIDED: f"It lies {reach} from the claimed point (95 %), {doubt}",
    }[there.answer]
    return said + (f"; it may lie beyond the box, at {sides(there.open_sides)}." if there.open_sides else ".")


def _trimmed(value: float, digits: int = 3) -> str:
    """A number without zeros behind its point at the end: "2", "1.8"."""
    text = number(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def _part(matters: PlaceMatters) -> str:
    return NONE if matters.share is None else f"{_share(matters.share)} of the box"


def _matters(matters: PlaceMatters) -> str:
    if matters.share is None:
        return "Nothing can be said yet about how much of the box is as good as the best."
    part = f"{_share(matters.share)} of the box"
    if matters.low is not None and matters.high is not None:
        part += f" (95 %: {_share(matters.low)} to {_share(matters.high)})"
    if matters.alpha_low is not None and matters.alpha_high is not None:
        part += f", with α from {momentum(matters.alpha_low)} to {momentum(matters.alpha_high)},"
    return {
        Answer.YES: f"Only {part} is as good as the best within the margin.",
        Answer.NO: f"{part} is as good as the best within the margin: one good place among many.",
        Answer.UNDECIDED: f"{part} seems as good as the best within the margin; how much is, the data leave open.",
    }[matters.answer]


def _share(share: float) -> str:
    """A share of the box with two digits, so that a small one is not 0."""
    return f"{_trimmed(100 * share, 2)} %"
