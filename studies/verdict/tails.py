"""Tails of Student's t and of F: what `scipy.stats` computes, by the functions that it calls.

Its distributions check and broadcast for arrays, which takes thirty times as long for a single number.
"""

from __future__ import annotations

import math

from studies.late_scipy import fdtrc, stdtr, stdtrit


def t_tail(x: float, df: float) -> float:
    """Chance that Student's t with df degrees of freedom exceeds x."""
    return float(stdtr(df, -x))


def t_point(chance: float, df: float) -> float:
    """The value that Student's t with df degrees of freedom exceeds by this chance, in [0, 1]."""
    return math.inf if chance == 0.0 else -float(stdtrit(df, chance))


def f_tail(x: float, above: float, below: float) -> float:
    """Chance that an F variate exceeds x: degrees of freedom of its numerator, and of its denominator."""
    return float(fdtrc(above, below, max(x, 0.0)))
