"""Each schedule once more, step by step in plain Python and exact fractions of the training; nothing of ours is used.

A schedule without an entry here fails the tests that go through `schedules.names()`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction

Solo = Callable[[int, int, float, float, Mapping[str, float]], tuple[float, float]]


def _constant(t: int, steps: int, eta: float, alpha: float, own: Mapping[str, float]) -> tuple[float, float]:
    return eta, alpha


def _step(t: int, steps: int, eta: float, alpha: float, own: Mapping[str, float]) -> tuple[float, float]:
    """A fall holds where its moment lies before the end of the step; one at the very end of the training does not."""
    every = Fraction(own["every"]).limit_denominator(10**6)
    falls = 0
    while (falls + 1) * every < 1 and (falls + 1) * every * steps < t + 1:
        falls += 1
    for _ in range(falls):
        eta *= own["factor"]
    return eta, alpha


def _cosine(t: int, steps: int, eta: float, alpha: float, own: Mapping[str, float]) -> tuple[float, float]:
    passed = Fraction(t, steps - 1) if steps > 1 else Fraction(1)
    return eta * (own["end"] + (1 - own["end"]) * math.cos(math.pi * float(passed) / 2) ** 2), alpha


def _passed(t: int, steps: int, share: float) -> Fraction:
    """The part of the last share's straight line that lies behind step t."""
    fall = math.ceil(Fraction(share).limit_denominator(10**6) * steps)
    if t == steps - 1:
        return Fraction(1)
    return max(Fraction(0), Fraction(t - (steps - fall), fall - 1)) if fall > 1 else Fraction(0)


def _anneal_eta(t: int, steps: int, eta: float, alpha: float, own: Mapping[str, float]) -> tuple[float, float]:
    passed = float(_passed(t, steps, own["share"]))
    return eta * (1 - passed) + eta * own["end"] * passed, alpha


def _anneal_alpha(t: int, steps: int, eta: float, alpha: float, own: Mapping[str, float]) -> tuple[float, float]:
    passed = float(_passed(t, steps, own["share"]))
    return eta, alpha - max(0.0, alpha - own["end"]) * passed


RATES: dict[str, Solo] = {
    "constant": _constant,
    "step": _step,
    "cosine": _cosine,
    "anneal_eta": _anneal_eta,
    "anneal_alpha": _anneal_alpha,
}
