"""Amounts, points and arms in words, for the sentences of analysis 5."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from studies.language.objective_names import Judged, is_real, is_share, objective_label
from studies.language.parameters import PAPER
from studies.records import Arm
from studies.verdict.model import Comparison
from studies.verdict.wording_numbers import NONE, number

if TYPE_CHECKING:
    from studies.verdict.findings import Findings  # brings SciPy, which a client that reads a verdict does without

Symbols = tuple[str, str]  # of the two parameters, as sentences name them
LARGE = math.log(2.0)  # differences of logarithms from here on are said as factors
LARGEST = 50.0  # a logarithm beyond which no factor says more
ARMS: dict[str, str] = {  # within a sentence, with their articles
    Arm.BEST: "the best fitted point",
    Arm.INSIDE: "the best point inside the neighbourhood",
    Arm.OUTSIDE: "the best point outside the neighbourhood",
    Arm.OPPOSITE: "the best point across the claim",
    Arm.LIKELIEST: "the optimum’s likeliest place",
    Arm.RIVAL: "the far rival",
    Arm.DEFAULT: "the everyday default",
    Arm.POINT: "another point",
}


def amount(response: float | None, points: float | None, objective: Judged, *, short: bool = False) -> str:
    """A loss in words: "0.14 percentage points", "12 % in test cross-entropy", "0.2 on the logit scale".

    Args:
        response: in response units; a loss of d in minus a logarithm is a value that is exp(d) times as large.
        points: the same in percentage points of accuracy, None where they are not known.
        objective: by which runs are judged; a real measure differs by units of its own.
        short: "points" for percentage points, and no name of the objective.
    """
    if points is not None and math.isfinite(points):
        return f"{number(points, 2)} {'points' if short else 'percentage points'}"
    if response is None or not math.isfinite(response):
        return NONE
    if is_real(objective):
        return number(response, 3) if short else f"{number(response, 3)} in {objective_label(objective)}"
    if is_share(objective):
        return f"{number(response, 2)} {'logit' if short else 'on the logit scale'}"
    shown = min(response, LARGEST)
    part = f"a factor {number(math.exp(shown), 2)}" if shown >= LARGE else f"{number(100 * math.expm1(shown), 2)} %"
    return part if short else f"{part} in {objective_label(objective)}"


def margin(findings: Findings) -> str:
    """The margin in words."""
    if findings.margin is None:
        return "the margin (unknown: no replicates)"
    return f"the margin of {amount(findings.margin, findings.margin_points, findings.evidence.judged)}"


def point(symbols: Symbols, first: float, second: float) -> str:
    """A point in words."""
    return f"({symbols[0]} {first:.3g}, {symbols[1]} {second:.3g})"


def claimed(findings: Findings) -> str:
    """The claim's point in words."""
    claim = findings.evidence.claim
    return f"the claimed point {point(claim.axes.symbols, claim.first, claim.second)}"


def arm_phrase(arm: str, symbols: Symbols = PAPER.symbols) -> str:
    """An arm within a sentence, by its label; decoys are counted from 1."""
    first, second = symbols
    kind, _, rest = arm.partition(":")
    if kind == "mate":
        return f"the point with {second} {rest} and the same {first}/(1−{second})"
    if kind == "decoy":
        return f"decoy {int(rest) + 1}" if rest.isdigit() else "a decoy"
    return ARMS.get(arm, "another point")


def comparison_with(findings: Findings, arm: str | None) -> Comparison | None:
    """The comparison of the claim with an arm."""
    return next((found for found in findings.comparisons if found.arm == arm), None)


def gap(found: Comparison, objective: Judged = "accuracy") -> str:
    """An arm minus the claim in words; without points in units of a real measure, else as a logarithm."""
    shown, unit = found.difference_points, " percentage points"
    if shown.estimate is None:
        shown, unit = found.difference, f" in {objective_label(objective)}" if is_real(objective) else " (logarithm)"
    if shown.estimate is None:
        return "not measured"
    ends = "" if shown.low is None else f", 95 % interval {shown.low:.2g} to {shown.high:.2g}"
    return f"{shown.estimate:+.2g}{unit}{ends} over {found.pairs} pairs"
