"""Differences of responses as readers know them: percentage points of accuracy, or per cent of a loss."""

from __future__ import annotations

import math

from studies.figures.numbers import NONE, number
from studies.figures.scales import LABELS

SHARES = ("accuracy", "error")  # their response is a logit; that of all others is minus a logarithm
LARGEST = 50.0  # a logarithm beyond which no number of per cent says more


def amount(response: float | None, points: float | None, objective: str, *, short: bool = False) -> str:
    """A loss in words: "0.14 percentage points", "12 % in test cross-entropy", "0.2 on the logit scale".

    Args:
        response: in response units; a loss of d in minus a logarithm is a value that is exp(d) times as large.
        points: the same in percentage points of accuracy, None where they are not known.
        objective: what was judged.
        short: "points" for percentage points, and no name of the objective.
    """
    if points is not None and math.isfinite(points):
        return f"{number(points, 2)} {'points' if short else 'percentage points'}"
    if response is None or not math.isfinite(response):
        return NONE
    if objective in SHARES:
        return f"{number(response, 2)} {'logit' if short else 'on the logit scale'}"
    share = f"{number(100 * math.expm1(min(response, LARGEST)), 2)} %"
    return share if short else f"{share} in {LABELS.get(objective, objective)}"
