"""Numbers, sizes and spans of time as text: the one rule of the terminal, of the pages and of their scripts.

`number` is the rule of the reports and figures as well. `service/pages/static/formats.js` repeats `duration` for a page
that computes a preview; a test runs both through the same table.
"""

from __future__ import annotations

import math

from studies.figures.numbers import NONE, number, percent
from studies.language.objective_names import Judged, is_share

__all__ = ["bounded", "duration", "number", "objective_value", "size"]

# A unit is used up to this many seconds; 1.5 to 2 of the next unit, so that two digits remain.
LEAST_SECONDS = 0.05  # below which nothing would be left of it
MOST_SECONDS, MOST_IN_MINUTES, MOST_IN_HOURS = 90, 5_400, 172_800


def duration(seconds: float | None) -> str:
    """A span of time in one unit: "0.4 s", "67 min", "27.8 h", "3.0 days"; a dash for None."""
    if seconds is None:
        return NONE
    if 0.0 < seconds < LEAST_SECONDS:
        return "under 0.1 s"
    if seconds < MOST_SECONDS:
        return f"{_rounded(seconds, 1 if seconds < 1 else 0)} s"
    if seconds < MOST_IN_MINUTES:
        return f"{_rounded(seconds / 60, 0)} min"
    if seconds < MOST_IN_HOURS:
        return f"{_rounded(seconds / 3600, 1)} h"
    return f"{_rounded(seconds / 86_400, 1)} days"


def bounded(count: int, at_most: bool) -> str:
    """A number of trials or runs: "1,234", or "at most 1,234" where it is an upper bound."""
    return f"{'at most ' if at_most else ''}{count:,}"


def size(count: int | None) -> str:
    """A number of bytes in MiB, or from 1 GiB on in GiB; a dash for None."""
    if count is None:
        return NONE
    return f"{count / 2**20:.0f} MiB" if count < 2**30 else f"{count / 2**30:.1f} GiB"


def objective_value(value: float | None, objective: Judged) -> str:
    """A value of an objective: a share as a percentage, anything else to four digits; a dash for None."""
    return percent(value) if is_share(objective) else number(value, 4)


def _rounded(value: float, digits: int) -> str:
    """`value` to `digits` decimals, halves upwards: the same arithmetic as in the script, so the same text."""
    return f"{math.floor(value * 10**digits + 0.5) / 10**digits:.{digits}f}"
