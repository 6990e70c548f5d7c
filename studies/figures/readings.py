"""Sentences on two results of a verdict: the slope of the ridge, and whose optimum lies nearer to the claim.

Both describe posterior intervals and shares; neither is a test, and no error rate is controlled.
"""

from __future__ import annotations

from collections.abc import Sequence

from studies.figures.numbers import number, percent
from studies.language.claim import Claim
from studies.language.loss_names import phrase
from studies.verdict.model import Interval, Nearness

RIDGE, CURVE = -1.0, -2.0  # slopes of ln eta over -ln(1 - alpha)
SURE = 0.95  # share from which a direction is called clear; its complement is the other direction


def slope_reading(slope: Interval, claim: Claim) -> str:
    """Say if the best eta follows the ridge of constant eta / (1 - alpha) or the claim's curve eta = (1 - alpha)^2.

    Args:
        slope: slope of the best ln eta over u = -ln(1 - alpha), with its 95 % posterior interval;
            -1 on the ridge, -2 on the curve.
        claim: whether it names the curve.

    Returns:
        One or two sentences; "" where the data give no interval.
    """
    if slope.estimate is None or slope.low is None or slope.high is None:
        return ""
    found = (
        f"Over α, the best η has slope {number(slope.estimate, 2)} on these axes "
        f"(95 % interval {number(slope.low, 2)} to {number(slope.high, 2)}). "
    )
    ridge, curve = (slope.low <= place <= slope.high for place in (RIDGE, CURVE))
    said = found + (_of_both(ridge, curve, slope) if claim.curve != "none" else _of_ridge(ridge))
    first, second = claim.axes.symbols
    return said.replace("η", first).replace("α", second)


def _of_both(ridge: bool, curve: bool, slope: Interval) -> str:
    if ridge and curve:
        return (
            "Both the ridge (slope −1: only η/(1−α) matters) and the claim’s curve η = (1−α)² (slope −2) lie within "
            "it: the data do not tell them apart."
        )
    if ridge:
        return (
            "That is the ridge, slope −1, where only η/(1−α) matters; the claim’s curve η = (1−α)², slope −2, "
            "lies outside."
        )
    if curve:
        return "That is the claim’s curve η = (1−α)², slope −2; the ridge of constant η/(1−α), slope −1, lies outside."
    assert slope.estimate is not None
    nearer = "the ridge" if abs(slope.estimate - RIDGE) < abs(slope.estimate - CURVE) else "the claim’s curve"
    return (
        "Neither the ridge of constant η/(1−α) (slope −1) nor the claim’s curve η = (1−α)² (slope −2) lies within it; "
        f"{nearer} is nearer."
    )


def _of_ridge(ridge: bool) -> str:
    if ridge:
        return "That agrees with the ridge, slope −1, where only η/(1−α) matters."
    return "The ridge of constant η/(1−α), slope −1, lies outside it."


def nearness_reading(found: Sequence[Nearness]) -> str:
    """Say whose optimum lies nearer to the claim's point, the primary loss' or another's; "" where nothing is known.

    Args:
        found: posterior shares of the primary loss against each other one, in one context or several.
    """
    contexts = dict.fromkeys(row.context for row in found)
    if len(contexts) == 1:
        against = _joined([f"{phrase(row.other)} ({percent(row.probability, 0)})" for row in found])
        return f"{_question(found[0])} {against}? {_answer(found)}"
    others = dict.fromkeys(row.other for row in found)
    return " ".join(_over_contexts([row for row in found if row.other == other]) for other in others)


def _question(row: Nearness) -> str:
    return f"Is the optimum under {phrase(row.loss)} nearer to the claim than that under"


def _over_contexts(rows: Sequence[Nearness]) -> str:
    shares = ", ".join(f"{row.context} {percent(row.probability, 0)}" for row in rows)
    clear = [
        f"{word} in {_joined(chosen)}"
        for word, chosen in (
            ("very probably", [row.context for row in rows if row.probability >= SURE]),
            ("very probably not", [row.context for row in rows if row.probability <= 1.0 - SURE]),
        )
        if chosen
    ]
    said = "; ".join(clear) if clear else "the data do not tell in any context"
    return f"{_question(rows[0])} {phrase(rows[0].other)}? By context, the probability is {shares}: {said}."


def _answer(rows: Sequence[Nearness]) -> str:
    nearer = [row for row in rows if row.probability >= SURE]
    farther = [row for row in rows if row.probability <= 1.0 - SURE]
    if len(nearer) == len(rows):
        return "Very probably yes."
    if len(farther) == len(rows):
        return "Very probably not: it lies farther away."
    if not nearer and not farther:
        return "The data do not tell."
    parts = [("nearer than", nearer), ("farther than", farther)]
    clear = " and ".join(f"{word} {_listed(chosen)}" for word, chosen in parts if chosen)
    unclear = [row for row in rows if row not in nearer and row not in farther]
    tail = f"; against {_listed(unclear)} the data do not tell" if unclear else ""
    return f"Very probably {clear}{tail}."


def _listed(rows: Sequence[Nearness]) -> str:
    return _joined([phrase(row.other) for row in rows])


def _joined(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
