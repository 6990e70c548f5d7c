"""Runs gathered by the point at which they were measured: what a map of points shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studies.figures.outcome_signs import failures_of, outcomes_of, sign_of
from studies.figures.parameters import shown
from studies.figures.scales import column, larger_is_better
from studies.language.objective_names import Judged
from studies.language.parameters import PAPER, Axes
from studies.records import Arm, Runs


@dataclass(frozen=True, slots=True)
class Cell:
    """All runs at one point of a sweep."""

    eta: float
    alpha: float
    u: float  # coordinate of the second parameter: -ln(1 - alpha)
    y: float  # position of the first on the vertical axis: eta itself
    value: float | None  # mean over runs that did not diverge; None where all did
    runs: int
    diverged: int  # that ended at chance or broke, whatever the cause
    sign: str  # the outcome that the point is drawn by, a key of `SIGNS`
    failures: tuple[tuple[str, int], ...]  # outcomes other than trained, with their numbers of runs
    trials: tuple[int, ...]
    phases: tuple[str, ...]
    arms: tuple[str, ...]


def cells(
    runs: Runs, objective: Judged, outcome: NDArray[np.str_] | None = None, axes: Axes = PAPER
) -> tuple[Cell, ...]:
    """One cell per distinct point, in order of first appearance.

    Args:
        runs: of one sweep.
        objective: whose means are taken.
        outcome: of each run, as the verdict found it; None: by the runs' causes.
        axes: the two parameters.
    """
    if not len(runs):
        return ()
    points = np.column_stack([runs.eta, runs.alpha])
    _, first, codes = np.unique(points, axis=0, return_index=True, return_inverse=True)
    codes = codes.ravel()
    order = np.argsort(codes, kind="stable")
    groups = np.split(order, np.cumsum(np.bincount(codes))[:-1])
    values, outcomes = column(runs, objective), outcomes_of(runs, outcome)
    return tuple(_cell(runs, values, outcomes, groups[i], axes) for i in np.argsort(first))


def best(found: tuple[Cell, ...], objective: Judged) -> Cell | None:
    """The cell with the best mean, among those where nothing diverged; None without any."""
    usable = [c for c in found if c.value is not None and c.diverged == 0]
    if not usable:
        return None
    sign = 1.0 if larger_is_better(objective) else -1.0
    return max(usable, key=lambda c: sign * (c.value or 0.0))


def is_claim(cell: Cell) -> bool:
    """True where the cell is the claim's own point."""
    return Arm.CLAIM in cell.arms


def _cell(
    runs: Runs, values: NDArray[np.float64], outcomes: NDArray[np.str_], rows: NDArray[np.int64], axes: Axes
) -> Cell:
    kept = values[rows][~runs.diverged[rows] & np.isfinite(values[rows])]
    first, second = float(runs.eta[rows[0]]), float(runs.alpha[rows[0]])
    return Cell(
        eta=first,
        alpha=second,
        u=float(axes.second.coordinate(second)),
        y=shown(axes)[0].drawn(first),
        value=float(kept.mean()) if len(kept) else None,
        runs=len(rows),
        diverged=int(runs.diverged[rows].sum()),
        sign=sign_of(outcomes[rows]),
        failures=failures_of(outcomes[rows]),
        trials=tuple(dict.fromkeys(int(t) for t in runs.trial[rows])),
        phases=tuple(dict.fromkeys(str(p) for p in runs.phase[rows])),
        arms=tuple(dict.fromkeys(str(a) for a in runs.arm[rows])),
    )
