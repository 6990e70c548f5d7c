"""Trials as figures draw them: each one's point, mean and outcome, in order of their numbers."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from studies.figures.outcome_signs import outcomes_of, sign_of
from studies.figures.scales import column, shade
from studies.language.objective_names import Judged
from studies.records import Arm, Runs

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class TrialValues:
    """Trials as columns of equal length n. `value` and `shade` are nan where a run of the trial ended at chance."""

    number: NDArray[np.int64]
    phase: NDArray[np.str_]  # evidence phases; controls run inside the confirmation and count as it
    eta: FloatArray
    alpha: FloatArray
    value: FloatArray  # mean over the runs that have one, raw
    shade: FloatArray  # the same on the drawn scale, larger is better
    sign: NDArray[np.str_]  # outcome by which the trial is drawn, a key of `SIGNS`
    claim: BoolArray  # True at the claim's own point

    def __len__(self) -> int:
        return len(self.number)

    @property
    def known(self) -> BoolArray:
        """True where the trial has a value."""
        return np.isfinite(self.value)

    def where(self, chosen: BoolArray | NDArray[np.intp]) -> TrialValues:
        """The trials that a mask of shape (n,) selects, or those at these places, in their order."""
        return TrialValues(**{f.name: getattr(self, f.name)[chosen] for f in fields(self)})


def trial_values(runs: Runs, objective: Judged, outcome: NDArray[np.str_] | None = None) -> TrialValues:
    """Each trial of one sweep.

    Args:
        runs: of the sweep.
        objective: whose means are taken.
        outcome: of each run, as the verdict found it; None: by the runs' causes.
    """
    number, first, codes = np.unique(runs.trial, return_index=True, return_inverse=True)
    codes = codes.ravel()
    value = _means(runs, objective, codes, len(number))
    phase = runs.phase[first].astype(str)
    return TrialValues(
        number=number,
        phase=np.where(phase == "controls", "confirm", phase),
        eta=runs.eta[first],
        alpha=runs.alpha[first],
        value=value,
        shade=shade(value, objective) if len(value) else value,
        sign=_signs(outcomes_of(runs, outcome), codes, len(number)),
        claim=runs.arm[first] == Arm.CLAIM.value,
    )


def _means(runs: Runs, objective: Judged, codes: NDArray[np.intp], n: int) -> FloatArray:
    """Mean of each trial none of whose runs ended at chance, else nan."""
    raw = column(runs, objective)
    failed = np.bincount(codes, weights=runs.diverged, minlength=n) > 0
    finite = np.isfinite(raw)
    counts = np.bincount(codes[finite], minlength=n)
    sums = np.bincount(codes[finite], weights=raw[finite], minlength=n)
    return np.where(~failed & (counts > 0), sums / np.maximum(counts, 1), np.nan)


def _signs(outcomes: NDArray[np.str_], codes: NDArray[np.intp], n: int) -> NDArray[np.str_]:
    found: list[list[str]] = [[] for _ in range(n)]
    for code, name in zip(codes.tolist(), outcomes.tolist(), strict=True):
        found[code].append(name)
    return np.array([sign_of(names) for names in found], dtype=np.str_)
