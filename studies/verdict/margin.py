"""The margin of practical equivalence in response units, by whichever rule the claim names.

    rule                  accuracy, error                          cross_entropy, own_loss, loss_area, epochs_to_target
    margin_sigmas m       max(m sigma, margin_floor)               the same
    margin_points p       logit(a) - logit(a - p / 100)            no percentage points: the rule by sigmas
    margin_error_share f  logit(1 - e) - logit(1 - (1 + f) e)      ln(1 + f)

a is the typical accuracy at the best arm that was measured, e = 1 - a: a claim that loses the margin is p points of
accuracy below the best, or makes (1 + f) times its errors, has (1 + f) times its loss, takes (1 + f) times its epochs.
The level is the best arm's, not the claim's, so that no claim widens its margin by being worse.

`margin_floor` keeps the rule by sigmas from asking for differences that no one would act on: where sigma is tiny, a
robust margin can become smaller than anything of practical meaning. Responses are logarithms, so the default, 0.05, is
a twentieth of the errors, of the loss or of the epochs, for every objective. A real measure is no logarithm: its floor
is 0 unless the claim states one, in the measure's own unit, and its margin follows the rule by sigmas.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from studies.language.claim import SIGMAS, Claim, shows_points
from studies.language.versions import MARGIN_FLOOR
from studies.late_scipy import expit
from studies.verdict.rows import ArmRuns, Sample
from studies.verdict.unit import ONE, Unit

NEAREST = 1e-6  # to which accuracies keep from 0 and 1, where a logit is infinite
FEWEST_RUNS = 2  # of an arm whose accuracy may stand for the best


def margin_of(
    claim: Claim, sigma: float | None, *, objective: str, accuracy: float | None, unit: Unit = ONE
) -> float | None:
    """The margin of a claim; None where what its rule needs is unknown.

    Args:
        claim: names the rule.
        sigma: within-block deviation of one run, response units.
        objective: in which the runs are judged.
        accuracy: typical accuracy of the best arm, in [0, 1].
        unit: of the responses; a real measure's floor is stated in the measure's own.
    """
    points, share = claim.margin_points, claim.margin_error_share
    in_points = shows_points(objective, claim.measure)
    if share is not None and not in_points:
        return math.log1p(share)
    if in_points and (points is not None or share is not None):
        if accuracy is None:
            return None
        top = min(max(accuracy, NEAREST), 1.0 - NEAREST)
        return drop(top, points / 100.0 if points is not None else (share or 0.0) * (1.0 - top))
    if sigma is None:
        return None
    sigmas = SIGMAS if claim.margin_sigmas is None else claim.margin_sigmas  # points, where the objective has none
    return max(sigmas * sigma, (MARGIN_FLOOR if claim.margin_floor is None else claim.margin_floor) / unit.size)


def drop(accuracy: float, loss: float) -> float:
    """Difference in logit between an accuracy and one that is lower by `loss`; finite, however large the loss."""
    return _logit(accuracy) - _logit(accuracy - loss)


def in_points(margin: float, accuracy: float) -> float:
    """Percentage points of accuracy that a margin in logit is worth, counted down from an accuracy."""
    top = min(max(accuracy, NEAREST), 1.0 - NEAREST)
    return 100.0 * (top - float(expit(_logit(top) - margin)))


def best_accuracy(sample: Sample, arms: Sequence[ArmRuns]) -> float | None:
    """Typical accuracy at the best arm; without pairs, that of the best typical tenth of the runs. None without runs.

    Mean over the runs that `typical` keeps, a share in [0, 1].
    """
    levels = [float(arm.accuracy.mean()) for arm in arms if len(arm.accuracy) >= FEWEST_RUNS]
    if levels:
        return max(levels)
    known = sample.accuracy[sample.typical]
    return float(np.quantile(known, 0.95)) if len(known) else None


def _logit(accuracy: float) -> float:
    kept = min(max(accuracy, NEAREST), 1.0 - NEAREST)
    return math.log(kept / (1.0 - kept))
