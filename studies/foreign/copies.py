"""Blocks that appear several times under new numbers: the same runs counted twice shrink every p-value.

Runs on fresh seeds seldom agree to the last digit. Where values are coarse, as accuracies on few images are, some do by
chance; then the numbers of times that values occur are as often odd as even. Copies make them all even, or all
multiples of a larger number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence

from studies.foreign.rows import Measurement
from studies.language.phases import PAIRED_PHASES
from studies.late_scipy import binom

MOST_COPIES = 5
CHANCE = 1e-4  # of so many multiples among values that occur as they like; 14 blocks, all twice, are the fewest seen


def copies(rows: Sequence[Measurement]) -> tuple[int, str] | None:
    """The number of times that the paired runs seem to be stated, and whose; None where nothing looks copied.

    Tested by the binomial tail of how many distinct values occur a multiple of m times, m = 2 to 5, each with a chance
    of 1 / m: of the values of all arms of a block together, and of each arm's alone.
    """
    for name, values in _sequences([row for row in rows if row.phase in PAIRED_PHASES]):
        counts = list(Counter(values).values())
        for times in range(MOST_COPIES, 1, -1):
            multiples = sum(count % times == 0 for count in counts)
            if binom.sf(multiples - 1, len(counts), 1.0 / times) < CHANCE:
                return times, name
    return None


def _sequences(rows: Sequence[Measurement]) -> Iterator[tuple[str, list[Hashable]]]:
    """Whose values, and the values: of whole blocks, then of each arm."""
    blocks: dict[Hashable, list[tuple[str, float, float, Hashable]]] = {}
    arms: dict[str, list[Hashable]] = {}
    for row in rows:
        measured = (row.value, row.diverged)
        blocks.setdefault((row.block, row.run), []).append((row.arm or "", row.eta, row.alpha, measured))
        arms.setdefault(row.arm or "point", []).append((row.eta, row.alpha, measured))
    yield "the blocks", [frozenset(block) for block in blocks.values()]
    yield from ((f"the runs of the arm {arm}", values) for arm, values in arms.items())
