"""What a study of several contexts leads with: whether the optimum moves between them, in a word and in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from studies.figures.drift_table import LossDrift, drift_table
from studies.figures.numbers import number, p_value, span
from studies.figures.parameters import rate_symbol, shown
from studies.language.claim import Claim
from studies.language.loss_names import label, phrase
from studies.learning.naming import capital
from studies.verdict.model import LEVEL, Drift, DriftPair, Interval, StudyVerdict


class Move(StrEnum):
    """What is known of the optimum across the contexts."""

    MOVES = "moves"  # one common point is rejected
    STAYS = "stays"  # every pair lies within the claim's tolerance, and one common point is not rejected
    UNSEEN = "unseen"  # neither is shown
    UNKNOWN = "unknown"  # fewer than two contexts have a located optimum


WORDS = {
    Move.MOVES: "It moves",
    Move.STAYS: "It stays",
    Move.UNSEEN: "No move is seen",
    Move.UNKNOWN: "Not known whether it moves",
}


@dataclass(frozen=True, slots=True)
class DriftLead:
    """The answer for the study's own loss, and in a line each what the other losses say."""

    move: Move
    word: str
    about: str
    sentence: str
    others: tuple[str, ...]

    @property
    def brief(self) -> str:
        """The word for a list; "" where nothing is shown."""
        return self.word if self.move in (Move.MOVES, Move.STAYS) else ""


def drift_lead(verdict: StudyVerdict, claim: Claim) -> DriftLead | None:
    """The answer of a study of several contexts; None of one context.

    Args:
        verdict: on the study.
        claim: of the study, whose tolerance says what stays.
    """
    tables = drift_table(verdict)
    if not tables:
        return None
    own = next((table for table in tables if table.loss == claim.primary_loss), tables[0])
    move, several = move_of(own.test, claim), len(tables) > 1
    others = tuple(_other(table, claim) for table in tables if table is not own)
    about = _between(own) + (f", under {phrase(own.loss)}" if several else "")
    return DriftLead(move, WORDS[move], about, " ".join(_said(own, move, claim)), others)


def move_of(test: Drift | None, claim: Claim) -> Move:
    """What a loss' contexts say together.

    H0 of "moves": all contexts share one optimum, rejected at `LEVEL`. "Stays" is an intersection-union test: every
    pair's 95 % interval of the distance ends within the tolerance, so each pair is shown to be close.
    """
    if test is None:
        return Move.UNKNOWN
    if test.p_joint <= LEVEL:
        return Move.MOVES
    return Move.STAYS if _close(test, claim) else Move.UNSEEN


def _close(test: Drift, claim: Claim) -> bool:
    """True where every pair of optima is shown to lie within the claim's tolerance of each other."""
    reach = min(claim.half_widths)
    return all(pair.distance.high is not None and pair.distance.high <= reach for pair in test.pairs)


def _between(table: LossDrift) -> str:
    if table.test is None:
        return f"of {len(table.lines)} contexts"
    left = len(table.test.left_out)
    return f"between {len(table.test.contexts)} contexts" + (f", {left} left out" if left else "")


def _other(table: LossDrift, claim: Claim) -> str:
    word = WORDS[move_of(table.test, claim)]
    return f"{capital(label(table.loss))}: {word[:1].lower()}{word[1:]}, {_between(table)}."


def _said(table: LossDrift, move: Move, claim: Claim) -> Iterator[str]:
    test = table.test
    if test is None:
        yield table.sentence
        return
    p = p_value(test.p_joint)
    chance = f"p {p}" if p.startswith("<") else f"p = {p}"
    if move is Move.MOVES:
        yield f"The optima differ by more than chance explains ({chance})."
        yield from _clearest(test, claim)
        if _close(test, claim):
            yield "Each pair is within the claim’s tolerance all the same."
    elif move is Move.STAYS:
        yield f"Each pair of optima is shown to lie within the claim’s tolerance of each other ({chance} for a move)."
    else:
        yield f"The optima are compatible with one common point ({chance}); that they are equal is not shown."


def _clearest(test: Drift, claim: Claim) -> Iterator[str]:
    """The pair with the smallest p-value, and by which factors its optima differ."""
    pair = min(test.pairs, key=lambda each: each.p_value)
    first, second = shown(claim.axes)
    rate = rate_symbol(claim.axes) if claim.axes.ridge else first.ratio
    said = list(_ratios(pair, (rate, second.ratio)))
    if said:
        yield f"Clearest from {pair.first} to {pair.second}: {' and '.join(said)}."


def _ratios(pair: DriftPair, names: tuple[str, str]) -> Iterator[str]:
    for name, ratio in zip(names, (pair.rate_ratio, pair.memory_ratio), strict=True):
        if _excludes_one(ratio):
            yield f"{name} times {number(ratio.estimate, 2)} (95 %: {span(ratio, 2)})"


def _excludes_one(ratio: Interval) -> bool:
    """True where the interval lies on one side of one."""
    return ratio.low is not None and ratio.high is not None and not ratio.low <= 1.0 <= ratio.high
