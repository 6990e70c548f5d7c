"""Holm's step-down adjustment of p-values."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjusted p-values in the order given; rejecting those at or below a level controls the family-wise error.

    Hypothesis: each p-value is valid for its own null hypothesis. Assumptions: none on their dependence. Error rate
    controlled: probability of one or more false rejections in the family, strongly. None stays None and does not
    count towards the family. Reference: Holm (1979), Scand. J. Statistics 6, 65-70.
    """
    known = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    running = 0.0
    for rank, (p, i) in enumerate(known):
        running = max(running, min(1.0, (len(known) - rank) * p))
        adjusted[i] = running
    return adjusted
