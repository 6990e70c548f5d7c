"""Positions with the digits that a screen can show: the rest of a float is most of a figure's size when it is sent."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

STEPS = 4000  # at least so many different positions along an axis, several for each of its pixels
SHADES = 400  # the same on a scale of colours, which has fewer than 256
DIGITS = 4  # significant ones of a number that is read, and of a position on a logarithmic axis
_MOST_DECIMALS = 15


def on_axis(values: Iterable[float], ends: tuple[float, float], steps: int = STEPS) -> list[float]:
    """Positions between two ends, rounded to what can be told apart on an axis, or by `SHADES` as colours."""
    found = np.asarray(list(values), dtype=np.float64)
    span = abs(ends[1] - ends[0])
    decimals = math.ceil(math.log10(steps / span)) if 0.0 < span < math.inf else _MOST_DECIMALS + 1
    shown: list[float] = (found if decimals > _MOST_DECIMALS else np.round(found, decimals)).tolist()
    return shown


def significant(values: Iterable[float]) -> list[float]:
    """Positive positions on a logarithmic axis, or numbers to be read, with four digits."""
    return [float(f"{value:.{DIGITS}g}") for value in values]
