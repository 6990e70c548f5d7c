"""Numbers as text for readers: few digits, a true minus sign, and a dash where there is none."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studies.verdict.model import Interval  # brings numpy, which a terminal that shows numbers does without

NONE = "–"


def number(value: float | None, digits: int = 3) -> str:
    """`value` to `digits` significant digits, without exponent between 1e-4 and 1e6."""
    if value is None or not math.isfinite(value):
        return NONE
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    text = f"{value:.{digits - 1}e}" if not -5 < size < 6 else f"{value:.{max(digits - 1 - size, 0)}f}"
    return text.replace("-", "−")


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


def momentum(alpha: float | None) -> str:
    """A momentum weight with as many digits as its distance from 1 deserves."""
    if alpha is None or not math.isfinite(alpha):
        return NONE
    return "0" if alpha == 0 else f"{alpha:.{4 if alpha > 0.985 else 3}f}"


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


def point(eta: float, alpha: float) -> str:
    """A point, "η 0.0159, α 0.874"."""
    return f"η {number(eta)}, α {momentum(alpha)}"
