"""The three statements in words: one number and one plain sentence each, for the verdict, pages, reports and messages.

Read off the verdict's own record (`answers.Statements`) and the claim's terms, so that all of them say the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from studies.language.claim import TOLERANCE, Claim
from studies.language.objective_names import Judged
from studies.verdict.answers import Answer, AsGood, OptimumThere, PlaceMatters, Statements
from studies.verdict.names import OF_PAPER, Named
from studies.verdict.wording_amounts import amount, arm_phrase
from studies.verdict.wording_numbers import NONE, percent_of_box, trimmed, value_text

Key = Literal["as_good", "there", "matters"]
# Of the verdict's sentences, in their order: a page that shows the statements as lines leaves these sentences out.
OPENINGS = ("As good as the best: ", "The optimum is there: ", "The place matters: ")


@dataclass(frozen=True, slots=True)
class Terms:
    """What the sentences name of the claim's terms and of the judging."""

    objective: Judged
    margin: float | None  # response units
    margin_points: float | None  # percentage points of accuracy
    tolerance: float | None = None  # factor; None: the sentence on the optimum's place leaves it out
    named: Named = OF_PAPER  # the two parameters; where no one factor says what is near, distances are in tolerances

    @staticmethod
    def of(claim: Claim, objective: Judged, margin: float | None, margin_points: float | None) -> Terms:
        """The terms of a claim."""
        factor = claim.tolerance_factor if claim.is_even else None
        return Terms(objective, margin, margin_points, factor, Named.of(claim))


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
        SaidStatement("as_good", good.answer, _lost(good, terms), _as_good(good, terms)),
        SaidStatement("there", there.answer, _distance(there, terms), _there(there, terms)),
        SaidStatement("matters", matters.answer, _part(matters), _matters(matters, terms)),
    )


def statement_sentences(statements: Statements, terms: Terms) -> tuple[str, ...]:
    """The same as parts of a verdict's text: each opens with its statement and the answer."""
    found = zip(OPENINGS, said_statements(statements, terms), strict=True)
    return tuple(f"{opening}{said.answer}. {said.sentence}" for opening, said in found)


def _lost(good: AsGood, terms: Terms) -> str:
    """The loss in a few words; that of a "no" is a lower bound: the pairs' own, or the margin that it exceeds."""
    if good.answer is Answer.NO:
        if _by_pairs(good, terms.margin):
            return f"loses at least {_short(good.loses_at_least, good.loses_at_least_points, terms)}"
        margin = _short(terms.margin, terms.margin_points, terms)
        return NONE if margin == NONE else f"loses more than {margin}"
    most = _short(good.loses_at_most, good.loses_at_most_points, terms)
    return NONE if most == NONE else f"loses at most {most}"


def _by_pairs(good: AsGood, margin: float | None) -> bool:
    """True where the pairs' own bound says why the answer is "no"."""
    least = good.loses_at_least
    return least is not None and not good.by_surface and (margin is None or least >= margin)


def _short(response: float | None, points: float | None, terms: Terms) -> str:
    return amount(response, points, terms.objective, short=True)


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
    winner = "another point" if good.arm is None else arm_phrase(good.arm, terms.named.symbols)
    if good.by_surface:
        return f"On fresh seeds it loses to {winner}, and the fitted surface puts its loss above the margin{equal}."
    if terms.margin is None or not _by_pairs(good, terms.margin):
        return f"On fresh seeds it loses to {winner}, by more than the margin{equal}."
    shown = amount(good.loses_at_least, good.loses_at_least_points, terms.objective)
    return f"On fresh seeds it loses at least {shown} to {winner} (95 %){equal}."


def _distance(there: OptimumThere, terms: Terms) -> str:
    if there.nearest is None or there.farthest is None:
        return NONE
    if not there.identifiable and there.answer is not Answer.NO:
        return "anywhere in the box"
    near, far = _away(there.nearest, terms), _away(there.farthest, terms)
    if there.answer is Answer.YES:
        return f"at most {_by(far, terms)} away"
    if there.answer is Answer.NO:
        return f"at least {_by(near, terms)} away"
    far = f"over {far}" if there.open_sides else far
    return f"up to {_by(far, terms)} away" if there.nearest <= 1.0 else f"{_by(f'{near} to {far}', terms)} away"


def _away(distance: float, terms: Terms) -> str:
    """A distance from the claim: as a factor, or in tolerances, of which a factor 2 stands for one."""
    return trimmed(distance if terms.named.is_even else math.log(distance) / math.log(TOLERANCE))


def _by(amount_of: str, terms: Terms) -> str:
    if terms.named.is_even:
        return f"a factor {amount_of}"
    return f"{amount_of} tolerance" if amount_of == "1" else f"{amount_of} tolerances"


def _there(there: OptimumThere, terms: Terms) -> str:
    if there.nearest is None or there.farthest is None:
        return "Nothing can be said yet about where the optimum lies."
    if not there.identifiable and there.answer is not Answer.NO:
        return "The data do not say where the optimum lies: its 95 % region reaches across the whole box."
    bound = "the claimed tolerance" if terms.tolerance is None else f"the claimed factor of {trimmed(terms.tolerance)}"
    near, far = _away(there.nearest, terms), _away(there.farthest, terms)
    reach = f"up to {_by(far, terms)}" if there.nearest <= 1.0 else _by(f"{near} to {far}", terms)
    doubt = there.doubt or f"inside or outside {bound}"
    said = {
        Answer.YES: f"It lies within {_by(far, terms)} of the claimed point (95 %), inside {bound}",
        Answer.NO: f"It lies at least {_by(near, terms)} from the claimed point (95 %), outside {bound}",
        Answer.UNDECIDED: f"It lies {reach} from the claimed point (95 %), {doubt}",
    }[there.answer]
    return said + (
        f"; it may lie beyond the box, at {_sides(there.open_sides, terms.named)}." if there.open_sides else "."
    )


def _sides(open_sides: tuple[str, ...], named: Named) -> str:
    """Sides of the box in words: "low η and high α"."""
    symbols = dict(zip(named.names, named.symbols, strict=True))
    return " and ".join(_side(side, symbols) for side in open_sides)


def _side(side: str, symbols: Mapping[str, str]) -> str:
    name, _, end = side.partition(" ")
    return f"{end} {symbols.get(name, name)}".strip()


def _part(matters: PlaceMatters) -> str:
    return NONE if matters.share is None else f"{percent_of_box(matters.share)} of the box"


def _matters(matters: PlaceMatters, terms: Terms) -> str:
    if matters.share is None:
        return "Nothing can be said yet about how much of the box is as good as the best."
    part = f"{percent_of_box(matters.share)} of the box"
    if matters.low is not None and matters.high is not None:
        low, high = percent_of_box(matters.low), percent_of_box(matters.high)
        part += "" if low == high else f" (95 %: {low} to {high})"  # the grid's own step says no more
    if matters.alpha_low is not None and matters.alpha_high is not None:
        ends = (value_text(terms.named.scales[1], end) for end in (matters.alpha_low, matters.alpha_high))
        part += f", with {terms.named.symbols[1]} from {' to '.join(ends)},"
    return {
        Answer.YES: f"Only {part} is as good as the best within the margin.",
        Answer.NO: f"{part} is as good as the best within the margin: one good place among many.",
        Answer.UNDECIDED: f"{part} seems as good as the best within the margin; how much is, the data leave open.",
    }[matters.answer]
