"""P(A > B): the chance that one run of an arm beats the claim's run on the same seeds, over every run that was made.

A mean difference speaks of runs that train; this speaks of all of them, a collapsed run loses to any that trains. Ties
count half (Bouthillier et al. 2021, MLSys). Interval: Agresti & Coull (1998), Am. Stat. 52, at 95 %; with ties it is
wider than it need be, since a tie varies less than a win.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from studies.records import Arm
from studies.verdict.answers import Beats
from studies.verdict.comparisons import find_arm
from studies.verdict.model import QUANTILE
from studies.verdict.rows import SAME_RESPONSE, ArmRuns, paired_values


def beats(arms: Sequence[ArmRuns]) -> tuple[Beats, ...]:
    """Every arm against the claim; arms without a shared run are left out.

    Args:
        arms: all their runs, collapsed ones included.
    """
    claim = find_arm(arms, Arm.CLAIM)
    if claim is None:
        return ()
    found = [(arm, paired_values(arm, claim)[0]) for arm in arms if arm is not claim]
    return tuple(_beats(arm, d) for arm, d in found if len(d))


def _beats(arm: ArmRuns, d: np.typing.NDArray[np.float64]) -> Beats:
    ties = int(np.count_nonzero(np.abs(d) <= SAME_RESPONSE))
    wins = int(np.count_nonzero(d > SAME_RESPONSE)) + ties / 2
    return Beats(arm.arm, arm.eta, arm.alpha, wins / len(d), *share_interval(wins, len(d)), pairs=len(d))


def share_interval(wins: float, count: int) -> tuple[float, float]:
    """Agresti and Coull's 95 % interval of a share from `wins` of `count` (at least 1), halves admitted."""
    size = count + QUANTILE**2
    middle = (wins + QUANTILE**2 / 2) / size
    half = QUANTILE * math.sqrt(middle * (1.0 - middle) / size)
    return max(0.0, middle - half), min(1.0, middle + half)
