"""One response per run, larger is better for every objective: what every fit and every test reads.

    objective          response                                  a diverged run counts as
    accuracy, error    ln((k + 1/2) / (n - k + 1/2)), logit      k = n / K (chance)
    cross_entropy      -ln(value)                                ln K (uniform guessing), or worse if worse was seen
    own_loss           -ln(value)                                the largest value seen, its own included
    loss_area          -ln(value)                                the largest value seen, its own included
    epochs_to_target   -ln(epochs), never reached: epochs + 1    never reached
    measure, a share   logit of the share of `test_size` cases   not one case correct
    measure, positive  ln(value), negative if it is minimised    an outcome without a value (`valueless`)
    measure, real      the value, negative if it is minimised,   an outcome without a value
                       in units of the sweep's map (`unit`)

k correct of n test images, K classes. The empirical logit is monotone in accuracy and nearly of constant variance
(Anscombe 1956); logarithms make ratios of losses comparable. Divergence is an outcome: scored, never dropped.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from studies.language.claim import MEASURE, OBJECTIVES
from studies.language.measure import Measure
from studies.language.objective_names import SHARES, is_real
from studies.records import Runs
from studies.verdict.unit import ONE, Unit, map_unit

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
SMALLEST = 1e-12  # a loss of exactly zero has no logarithm
CHANCE_DEVIATIONS = 3.0  # binomial deviations from K-class guessing; `worker.training.outcomes` applies the same rule


def logit(correct: ArrayLike, total: ArrayLike) -> FloatArray:
    """Empirical logit ln((k + 1/2) / (n - k + 1/2)) of k correct among n, dimensionless."""
    k = np.asarray(correct, dtype=np.float64)
    n = np.asarray(total, dtype=np.float64)
    return np.asarray(np.log((k + 0.5) / (n - k + 0.5)), dtype=np.float64)


def scored_accuracy(runs: Runs, classes: int, measure: Measure | None = None) -> FloatArray:
    """Share of correct test images per run, in [0, 1]; diverged runs score 1 / classes.

    By a measure that is a share: of its cases, none where the run diverged. Another measure has no such share: 0.
    """
    if measure is not None:
        return _good_share(runs, measure) if measure.is_share else np.zeros(len(runs))
    measured = runs.correct / np.maximum(runs.n_test, 1)
    return np.asarray(np.where(runs.diverged, 1.0 / classes, measured), dtype=np.float64)


def response(
    runs: Runs, objective: str, *, classes: int, epochs: int, measure: Measure | None = None, unit: Unit = ONE
) -> FloatArray:
    """Response of every run, shape (n,), finite; the table above says in which units.

    Args:
        runs: the runs of one sweep.
        objective: one of `studies.language.claim.OBJECTIVES`, or "measure".
        classes: number of classes K, for chance level.
        epochs: length of a training, for runs that never reached the target.
        measure: of a study that states one.
        unit: of a real measure, from `unit_of`; one of its own units where it is left out.

    Raises:
        ValueError: the objective is unknown, or "measure" where the study states none.
    """
    if objective == MEASURE and measure is not None:
        return _measured(runs, measure, unit)
    if objective in SHARES:
        correct = np.where(runs.diverged, runs.n_test / classes, runs.correct)
        return logit(correct, runs.n_test)
    if objective == "epochs_to_target":
        reached = np.isfinite(runs.epochs_to_target) & ~runs.diverged
        taken = np.where(reached, runs.epochs_to_target, epochs + 1.0)
        return np.asarray(-np.log(np.where(taken > 0.0, taken, 0.5)), dtype=np.float64)
    if objective not in OBJECTIVES:
        raise ValueError(f"`objective` must be one of {', '.join(OBJECTIVES)}, got {objective!r}")
    values = np.asarray(getattr(runs, objective), dtype=np.float64)
    guessing = float(np.log(classes)) if objective == "cross_entropy" else -np.inf
    return np.asarray(-np.log(_scored_losses(values, runs.diverged, guessing)), dtype=np.float64)


def _scored_losses(values: FloatArray, diverged: BoolArray, guessing: float) -> FloatArray:
    finite = np.isfinite(values)
    worst = max(guessing, float(values[finite].max()) if finite.any() else 1.0)
    return np.maximum(np.where(diverged | ~finite, worst, values), SMALLEST)


def valueless(runs: Runs, measure: Measure | None) -> BoolArray:
    """Mask of the runs whose outcome has no value: those that diverged, by a measure without a worst value."""
    none = measure is None or measure.is_share
    return np.zeros(len(runs), dtype=np.bool_) if none else np.asarray(_broken(runs), dtype=np.bool_)


def unit_of(runs: Runs, measure: Measure | None) -> Unit:
    """The unit of the responses: a width of the map by a real measure, one logarithm by any other and by objectives."""
    if measure is None or not is_real(measure):
        return ONE
    return map_unit(np.where(_broken(runs), np.nan, _sign(measure) * runs.value), runs)


def _measured(runs: Runs, measure: Measure, unit: Unit) -> FloatArray:
    """Responses by a measure; a run without a value gets the worst that was seen, so that the column is finite."""
    if measure.is_share:
        size = float(measure.test_size or 1)
        return logit(size * _good_share(runs, measure), size)
    broken = _broken(runs)
    values = np.where(broken, 1.0, runs.value)
    if is_real(measure):
        found = unit.responses(_sign(measure) * values)
    else:
        found = _sign(measure) * np.log(np.where(values > 0.0, values, SMALLEST))
    worst = float(found[~broken].min()) if not broken.all() else 0.0
    return np.asarray(np.where(broken, worst, found), dtype=np.float64)


def _sign(measure: Measure) -> float:
    return 1.0 if measure.maximised else -1.0


def _good_share(runs: Runs, measure: Measure) -> FloatArray:
    """The share that is better when larger: the measure itself, or what is left of one that is minimised."""
    worst = 0.0 if measure.worst is None else measure.worst
    values = np.where(_broken(runs), worst, runs.value)
    return np.asarray(values if measure.maximised else 1.0 - values, dtype=np.float64)


def _broken(runs: Runs) -> BoolArray:
    return np.asarray(runs.diverged | ~np.isfinite(runs.value), dtype=np.bool_)


def at_chance(runs: Runs, classes: int) -> BoolArray:
    """Mask of the runs that diverged or ended within three binomial deviations of guessing (or below), shape (n,)."""
    total = np.maximum(runs.n_test, 1)
    limit = 1.0 / classes + CHANCE_DEVIATIONS * np.sqrt((1.0 / classes) * (1.0 - 1.0 / classes) / total)
    return np.asarray(runs.diverged | (runs.correct / total <= limit), dtype=np.bool_)
