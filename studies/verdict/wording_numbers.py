"""Numbers as text for readers: few digits, a true minus sign, and a dash where there is none."""

from __future__ import annotations

import math

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


def trimmed(value: float, digits: int = 3) -> str:
    """A number without zeros behind its point at the end: "2", "1.8"."""
    text = number(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def percent_of_box(share: float) -> str:
    """A share of the box with two digits, so that a small one is not 0."""
    return f"{trimmed(100 * share, 2)} %"


def value_text(scale: str, value: float | None, digits: int = 3) -> str:
    """A parameter's value with the digits that matter on its scale."""
    return momentum(value) if scale == "log_one_minus" else number(value, digits)


def momentum(alpha: float | None) -> str:
    """A momentum weight with as many digits as its distance from 1 deserves."""
    if alpha is None or not math.isfinite(alpha):
        return NONE
    return "0" if alpha == 0 else f"{alpha:.{4 if alpha > 0.985 else 3}f}"
