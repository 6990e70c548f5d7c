"""Fewer rows where a table has more than can be judged, by a rule that looks at no value.

Of each sweep those points are kept whose coordinates have the smallest hashes, and the claim's own; then, of each
point, its first rows. The hash is SHA-256 of `eta,alpha` in Python's shortest decimal form. So the kept points lie as
all points do, and the same points are kept in whatever order they come and whatever was measured there.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TypeVar

from studies.foreign.rows import Measurement

T = TypeVar("T")
THINNED = "rows beyond the limit, thinned out"


def thinned(
    rows: Sequence[Measurement], kept: Callable[[Measurement], bool], *, most_points: int, most_rows: int
) -> frozenset[int]:
    """Places of the rows that are left out.

    Args:
        rows: all that count.
        kept: True for a row that must stay, as at the claim's point or of a confirmation.
        most_points: distinct points of one sweep.
        most_rows: of the table.
    """
    sweeps: dict[tuple[str | None, str], list[int]] = defaultdict(list)
    for i, row in enumerate(rows):
        sweeps[row.context, row.loss].append(i)
    out: set[int] = set()
    for places in sweeps.values():
        points = {(rows[i].eta, rows[i].alpha) for i in places}
        firm = {(rows[i].eta, rows[i].alpha) for i in places if kept(rows[i])}
        chosen = firm | set(sorted(points - firm, key=_order)[: max(0, most_points - len(firm))])
        if len(points) > most_points:
            out |= {i for i in places if (rows[i].eta, rows[i].alpha) not in chosen}
    left = [i for i in range(len(rows)) if i not in out]
    return frozenset(out | set(_beyond(rows, left, kept, most_rows)))


def _beyond(
    rows: Sequence[Measurement], places: Sequence[int], kept: Callable[[Measurement], bool], most: int
) -> list[int]:
    """Rows beyond the most: the last runs of the points that have most of them."""
    if len(places) <= most:
        return []
    seen: dict[tuple[object, ...], int] = defaultdict(int)
    ranked: list[tuple[int, int]] = []
    for i in places:
        row = rows[i]
        key = (row.context, row.loss, row.eta, row.alpha)
        seen[key] += 1
        ranked.append((0 if kept(row) else seen[key], i))
    return [i for _, i in sorted(ranked)[most:]]


def _order(point: tuple[float, float]) -> bytes:
    return hashlib.sha256(f"{point[0]!r},{point[1]!r}".encode()).digest()
