"""Numbers as text for readers: few digits, a true minus sign, and a dash where there is none."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from studies.verdict.wording_numbers import NONE as NONE
from studies.verdict.wording_numbers import momentum as momentum
from studies.verdict.wording_numbers import number as number
from studies.verdict.wording_numbers import value_text

if TYPE_CHECKING:
    from studies.verdict.model import Interval  # brings numpy, which a terminal that shows numbers does without
    from studies.verdict.names import Named


def signed(value: float | None, digits: int = 2) -> str:
    """`value` with its sign and `digits` decimals."""
    if value is None or not math.isfinite(value):
        return NONE
    return f"{value:+.{digits}f}".replace("-", "−")


def percent(share: float | None, digits: int = 2) -> str:
    """A share in [0, 1] as a percentage."""
    if share is None or not math.isfinite(share):
        return NONE
    return f"{100 * share:.{digits}f} %"


def p_value(p: float | None) -> str:
    """A p-value, "< 0.001" where it is smaller."""
    if p is None or not math.isfinite(p):
        return NONE
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def span(interval: Interval, digits: int = 3) -> str:
    """The bounds of an interval, "0.01 to 0.03"."""
    if interval.low is None or interval.high is None:
        return NONE
    return f"{number(interval.low, digits)} to {number(interval.high, digits)}"


def momentum_span(interval: Interval) -> str:
    """The bounds of an interval of momentum weights, each with the digits of `momentum`."""
    if interval.low is None or interval.high is None:
        return NONE
    return f"{momentum(interval.low)} to {momentum(interval.high)}"


def point(first: float, second: float, named: Named) -> str:
    """A point, "η 0.0159, α 0.874"."""
    (one, other), (scale, its) = named.symbols, named.scales
    return f"{one} {value_text(scale, first)}, {other} {value_text(its, second)}"
