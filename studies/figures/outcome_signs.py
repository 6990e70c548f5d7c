"""Signs of the outcomes of runs: one shape, character, word and colour each, the same in every figure, page and table.

outcome      sign
trained      ● the data's own colour
collapsed    ▽
untrained    ◇
diverged     ✕
chance       + a run that ended at chance, of which no curve says why

Whether a run collapsed is a finding of the verdict, which compares it with its neighbours; the other outcomes follow
from the run alone (`studies.outcomes`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studies.figures.theme import Palette
from studies.outcomes import WORDS
from studies.records import Cause, Runs
from studies.verdict.answers import RunOutcome

CHANCE = Cause.CHANCE.value  # beside the values of `RunOutcome`


@dataclass(frozen=True, slots=True)
class Sign:
    """How one outcome is shown."""

    symbol: str  # plotly's name of the marker
    character: str  # in text and tables
    word: str
    colour: str  # a field of `Palette`

    def marker(self, palette: Palette, *, size: float = 8.0) -> dict[str, Any]:
        """The sign as a plotly marker: an open shape, drawn as a line."""
        colour = getattr(palette, self.colour)
        return {"symbol": self.symbol, "size": size, "color": colour, "line": {"width": 1.6, "color": colour}}


SIGNS: dict[str, Sign] = {
    RunOutcome.TRAINED: Sign("circle", "●", "trained", "best"),
    RunOutcome.COLLAPSED: Sign("triangle-down-open", "▽", "collapsed", "collapsed"),
    RunOutcome.UNTRAINED: Sign("diamond-open", "◇", WORDS[Cause.UNTRAINED], "untrained"),
    RunOutcome.DIVERGED: Sign("x-thin", "✕", WORDS[Cause.DIVERGED], "diverged"),
    CHANCE: Sign("cross-thin", "+", WORDS[Cause.CHANCE], "muted"),
}
AT_CHANCE = (RunOutcome.DIVERGED.value, RunOutcome.UNTRAINED.value, CHANCE)  # outcomes without a value of their own


def outcomes_of(runs: Runs, outcome: NDArray[np.str_] | None = None) -> NDArray[np.str_]:
    """The outcome of each run, shape (n,): keys of `SIGNS`.

    Args:
        runs: of one sweep.
        outcome: as the verdict found them, values of `RunOutcome`; None: from the runs' causes, which know no collapse.
    """
    cause = np.where(runs.diverged & (runs.cause == Cause.NONE.value), CHANCE, runs.cause)
    if outcome is None:
        return np.where(runs.diverged, cause, RunOutcome.TRAINED.value)
    return np.where(runs.diverged & (cause == CHANCE), CHANCE, outcome)


def sign_of(outcomes: Iterable[str]) -> str:
    """The outcome by which several runs are shown as one mark.

    Where any run ended at chance, the most frequent of these outcomes; else `collapsed` where at least half did.
    """
    counts = Counter(map(str, outcomes))
    worst = max(AT_CHANCE, key=lambda name: counts[name])
    if counts[worst]:
        return worst
    collapsed = counts[RunOutcome.COLLAPSED.value]
    return RunOutcome.COLLAPSED.value if collapsed and 2 * collapsed >= counts.total() else RunOutcome.TRAINED.value


def failures_of(outcomes: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Outcomes other than trained with their numbers of runs, in the order of `SIGNS`."""
    counts = Counter(map(str, outcomes))
    return tuple((name, counts[name]) for name in map(str, SIGNS) if name != RunOutcome.TRAINED and counts[name])


def in_words(failures: Sequence[tuple[str, int]], runs: int) -> str:
    """Failures of a number of runs: "2 of 8 diverged, 1 untrained"; "" without any."""
    first = [f"{count} of {runs} {SIGNS[name].word}" for name, count in failures[:1]]
    return ", ".join(first + [f"{count} {SIGNS[name].word}" for name, count in failures[1:]])
