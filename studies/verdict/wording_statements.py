"""The three statements in words: one number and one plain sentence each, for the verdict, pages, reports and messages.

Read off the verdict's own record (`answers.Statements`) and the claim's terms, so that all of them say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from studies.verdict.answers import Answer, AsGood, OptimumThere, PlaceMatters, Statements
from studies.verdict.wording_amounts import amount, arm_phrase
from studies.verdict.wording_numbers import NONE, momentum, percent_of_box, trimmed

Key = Literal["as_good", "there", "matters"]
# Of the verdict's sentences, in their order: a page that shows the statements as lines leaves these sentences out.
OPENINGS = ("As good as the best: ", "The optimum is there: ", "The place matters: ")
_SIDES = {"eta": "η", "alpha": "α"}


@dataclass(frozen=True, slots=True)
class Terms:
    """What the sentences name of the claim's terms and of the judging."""

    objective: str
    margin: float | None  # response units
    margin_points: float | None  # percentage points of accuracy
    tolerance: float | None = None  # factor; None: the sentence on the optimum's place leaves it out


@dataclass(frozen=True, slots=True)
class SaidStatement:
    """One statement in words."""

    key: Key
    answer: Answer
    number: str  # in a few words, a dash where there is none
    sentence: str


def said_statements(statements: Statements, terms: Terms) -> tuple[SaidStatement, SaidStatement, SaidStatement]:
    """The statements in their order: as good as the best, the optimum is there, the place matters.

    Args:
        statements: of a sweep, on the claim or on a decoy.
        terms: of the claim.
    """
    good, there, matters = statements.as_good, statements.there, statements.matters
    return (
        SaidStatement("as_good", good.answer, _lost(good, terms.objective), _as_good(good, terms)),
        SaidStatement("there", there.answer, _distance(there), _there(there, terms.tolerance)),
        SaidStatement("matters", matters.answer, _part(matters), _matters(matters)),
    )


def statement_sentences(statements: Statements, terms: Terms) -> tuple[str, ...]:
    """The same as parts of a verdict's text: each opens with its statement and the answer."""
    found = zip(OPENINGS, said_statements(statements, terms), strict=True)
    return tuple(f"{opening}{said.answer}. {said.sentence}" for opening, said in found)


def _lost(good: AsGood, objective: str) -> str:
    if good.answer is Answer.NO and good.loses_at_least is not None and not good.by_surface:
        return f"loses at least {amount(good.loses_at_least, good.loses_at_least_points, objective, short=True)}"
    most = amount(good.loses_at_most, good.loses_at_most_points, objective, short=True)
    return NONE if most == NONE else f"loses at most {most}"


def _as_good(good: AsGood, terms: Terms) -> str:
    most = amount(good.loses_at_most, good.loses_at_most_points, terms.objective)
    margin = amount(terms.margin, terms.margin_points, terms.objective)
    if good.answer is Answer.NO:
        return _beaten(good, terms, "" if margin == NONE else f"; less than {margin} would count as equal")
    if most == NONE:
        return "It has not been compared with other points on fresh seeds yet."
    if good.loses_at_most is not None and good.loses_at_most <= 0.0:
        return "On fresh seeds no point run beside it does better (95 %)."
    counts = "counts" if good.answer is Answer.YES else "would count"
    equal = "" if margin == NONE else f"; less than {margin} {counts} as equal"
    return f"On fresh seeds it loses at most {most} to any point run beside it (95 %){equal}."


def _beaten(good: AsGood, terms: Terms, equal: str) -> str:
    winner = "another point" if good.arm is None else arm_phrase(good.arm)
    if good.by_surface:
        return f"On fresh seeds it loses to {winner}, and the fitted surface puts its loss above the margin{equal}."
    least, margin = good.loses_at_least, terms.margin
    if least is None or margin is None or least < margin:
        return f"On fresh seeds it loses to {winner}, by more than the margin{equal}."
    shown = amount(least, good.loses_at_least_points, terms.objective)
    return f"On fresh seeds it loses at least {shown} to {winner} (95 %){equal}."


def _distance(there: OptimumThere) -> str:
    if there.nearest is None or there.farthest is None:
        return NONE
    if not there.identifiable and there.answer is not Answer.NO:
        return "anywhere in the box"
    near, far = trimmed(there.nearest), trimmed(there.farthest)
    if there.answer is Answer.YES:
        return f"at most a factor {far} away"
    if there.answer is Answer.NO:
        return f"at least a factor {near} away"
    far = f"over {far}" if there.open_sides else far
    return f"up to a factor {far} away" if there.nearest <= 1.0 else f"a factor {near} to {far} away"


def _there(there: OptimumThere, tolerance: float | None) -> str:
    if there.nearest is None or there.farthest is None:
        return "Nothing can be said yet about where the optimum lies."
    if not there.identifiable and there.answer is not Answer.NO:
        return "The data do not say where the optimum lies: its 95 % region reaches across the whole box."
    bound = "the claimed tolerance" if tolerance is None else f"the claimed factor of {trimmed(tolerance)}"
    near, far = trimmed(there.nearest), trimmed(there.farthest)
    reach = f"up to a factor {far}" if there.nearest <= 1.0 else f"a factor {near} to {far}"
    doubt = there.doubt or f"inside or outside {bound}"
    said = {
        Answer.YES: f"It lies within a factor {far} of the claimed point (95 %), inside {bound}",
        Answer.NO: f"It lies at least a factor {near} from the claimed point (95 %), outside {bound}",
        Answer.UNDECIDED: f"It lies {reach} from the claimed point (95 %), {doubt}",
    }[there.answer]
    return said + (f"; it may lie beyond the box, at {_sides(there.open_sides)}." if there.open_sides else ".")


def _sides(open_sides: tuple[str, ...]) -> str:
    """Sides of the box in words: "low η and high α"."""
    return " and ".join(_side(side) for side in open_sides)


def _side(side: str) -> str:
    name, _, end = side.partition(" ")
    return f"{end} {_SIDES.get(name, name)}".strip()


def _part(matters: PlaceMatters) -> str:
    return NONE if matters.share is None else f"{percent_of_box(matters.share)} of the box"


def _matters(matters: PlaceMatters) -> str:
    if matters.share is None:
        return "Nothing can be said yet about how much of the box is as good as the best."
    part = f"{percent_of_box(matters.share)} of the box"
    if matters.low is not None and matters.high is not None:
        part += f" (95 %: {percent_of_box(matters.low)} to {percent_of_box(matters.high)})"
    if matters.alpha_low is not None and matters.alpha_high is not None:
        part += f", with α from {momentum(matters.alpha_low)} to {momentum(matters.alpha_high)},"
    return {
        Answer.YES: f"Only {part} is as good as the best within the margin.",
        Answer.NO: f"{part} is as good as the best within the margin: one good place among many.",
        Answer.UNDECIDED: f"{part} seems as good as the best within the margin; how much is, the data leave open.",
    }[matters.answer]
