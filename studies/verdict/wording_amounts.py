"""Amounts, points and arms in words, for the sentences of analysis 5."""

from __future__ import annotations

import math

from studies.records import Arm
from studies.verdict.findings import Findings
from studies.verdict.model import Comparison

LARGE = math.log(2.0)  # logarithms from here on are said as factors
ARMS = {
    Arm.BEST: "the best point found",
    Arm.INSIDE: "the best point found in the neighbourhood",
    Arm.OUTSIDE: "the best point found outside the neighbourhood",
    Arm.OPPOSITE: "the best point found across the claim",
    Arm.DEFAULT: "the everyday default",
    "likeliest": "the likeliest place of the optimum",
    "rival": "the far rival",
}


def amount(value: float, points: float | None, objective: str) -> str:
    """A loss in words: percentage points where the objective has them, else a share or a factor of the objective.

    Args:
        value: in response units; without points a difference of logarithms.
        points: the same in percentage points of accuracy, or None.
        objective: by which runs are judged.
    """
    if points is not None:
        return f"{points:.2g} percentage points"
    named = objective.replace("_", " ")
    return (
        f"a factor {math.exp(value):.2g} in {named}"
        if value >= LARGE
        else f"{100 * math.expm1(value):.2g} % in {named}"
    )


def margin(findings: Findings) -> str:
    """The margin in words."""
    if findings.margin is None:
        return "the margin (unknown: no replicates)"
    return f"the margin of {amount(findings.margin, findings.margin_points, findings.evidence.objective)}"


def factor(value: float) -> str:
    """A factor with the digits that matter."""
    return f"{value:.2f}" if value < 10.0 else f"{value:.3g}" if value < 1000.0 else f"{value:,.0f}"


def point(eta: float, alpha: float) -> str:
    """A point in words."""
    return f"(η {eta:.3g}, α {alpha:.3g})"


def claimed(findings: Findings) -> str:
    """The claim's point in words."""
    claim = findings.evidence.claim
    return f"the claimed point {point(claim.first, claim.second)}"


def arm_name(arm: str) -> str:
    """An arm in words, by its label."""
    kind, _, rest = arm.partition(":")
    if kind == "mate":
        return f"its ridge mate at α = {rest}"
    if kind == "decoy":
        return f"decoy {int(rest) + 1}" if rest.isdigit() else "a decoy"
    return ARMS.get(arm, "another point")


def comparison_with(findings: Findings, arm: str | None) -> Comparison | None:
    """The comparison of the claim with an arm."""
    return next((found for found in findings.comparisons if found.arm == arm), None)


def gap(found: Comparison) -> str:
    """An arm minus the claim in words."""
    shown, unit = found.difference_points, " percentage points"
    if shown.estimate is None:
        shown, unit = found.difference, " (logarithm)"
    if shown.estimate is None:
        return "not measured"
    ends = "" if shown.low is None else f", 95 % interval {shown.low:.2g} to {shown.high:.2g}"
    return f"{shown.estimate:+.2g}{unit}{ends} over {found.pairs} pairs"
