"""Rows that are stated more than once, and values that repeat where chance would make them differ.

Copies shrink every deviation: a table that is stated twice has a σ of nothing. So replicates are looked at before they
are believed. Rows that agree in every cell are one row. Runs of one point that agree to the last digit, at every point
that has several, are copies or a training without chance; they count once, whatever their seeds are said to be.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from itertools import chain

from studies.foreign.rows import Measurement

COPIES = "exact copies"
ALIKE = "runs of one point with the very same value"


def repeated(keys: Sequence[Hashable]) -> frozenset[int]:
    """Places of keys that occurred before."""
    first: dict[Hashable, int] = {}
    return frozenset(i for i, key in enumerate(keys) if first.setdefault(key, i) != i)


def alike(rows: Sequence[tuple[int, Measurement]]) -> frozenset[int]:
    """Places of the rows of one sweep that repeat a value and count once.

    Args:
        rows: with their places. Those that state a phase, and those that diverged, are not looked at.
    """
    points: dict[tuple[float, float], list[tuple[int, float]]] = defaultdict(list)
    for place, row in rows:
        if row.phase is None and not row.diverged and row.value is not None:
            points[row.eta, row.alpha].append((place, row.value))
    several = [runs for runs in points.values() if len(runs) > 1]
    if all(len({value for _, value in runs}) == 1 for runs in several):
        return frozenset(place for runs in several for place, _ in runs[1:])
    return _of_whole_tables(list(points.values()))


def _of_whole_tables(points: Sequence[Sequence[tuple[int, float]]]) -> frozenset[int]:
    """The same where each value of the table occurs m times or a multiple of it: the table is stated m times."""
    for m in (5, 3, 2):
        counts = [Counter(value for _, value in runs) for runs in points]
        if len(points) > 2 and all(count % m == 0 for count in chain.from_iterable(c.values() for c in counts)):
            return frozenset(place for runs in points for place in _beyond(runs, m))
    return frozenset()


def _beyond(runs: Sequence[tuple[int, float]], times: int) -> list[int]:
    """Places of all but the first of every `times` runs with one value."""
    seen: Counter[float] = Counter()
    found = []
    for place, value in runs:
        if seen[value] % times:
            found.append(place)
        seen[value] += 1
    return found
