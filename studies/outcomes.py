"""Causes of a run's failure: the one rule that tells a run that diverged from one that learned too slowly.

The worker marks a run that became non-finite, and a finite run that ends at chance level. The second mark has two
opposite causes with opposite cures, which this rule tells apart from what is stored of the run:

    cause       the run                                             cure
    ""          ended above chance
    diverged    became non-finite, or its loss rose and stayed      lower the learning rate
    untrained   is at chance although its loss fell or never rose   raise the learning rate, or train for longer
    chance      ended at chance; no curve is known                  look at its curve

Rule, for a finite run at chance; the first line that applies. Levels are relative to uniform softmax: 1 is the loss of
a classifier that knows nothing, 0 the loss's floor. The curves are the training loss and the test cross-entropy.

    1  a curve was ever above EXPLODED                                                    diverged
    2  a curve ends more than ROSE above its own lowest value                             diverged
    3  the run travelled less than FAR                                                    untrained
    4  the cross-entropy fell with every epoch and ends more than LEARNED below 1         untrained
    5  otherwise: it travelled far, is at chance, and learns nothing                      diverged

Reasons. (1) Initial weights give levels of 1.0 to 1.5 (largest of 10,368 trainings at a rate of 1e-7: 1.52), so that
twice the loss of knowing nothing has been reached by training. A network that exploded may fall back to 1 and lie dead
there: its loss fell, but the rate was too high, so that the highest level counts, not the last. (2) A run that had
learned and lost it again. (3, 5) The loss of a dead network and of one that has hardly moved look alike, above all
after a single epoch, which has a single value; what differs is how far the run went. A gradient of one unit moves the
weights by `travel`: the learning rate times the sum over the steps of what momentum makes of each. No slow run was at
chance after a travel of more than 7, whichever the loss, the network and the momentum; no network lay dead without a
mark of (1) or (2) after less than 41. (4) A dead network predicts the same for every image, which costs
at least 1; only one that learns falls below.

Evidence: trainings of softmax, perceptron and the paper's network on 8x8 digits, rotated and synthetic digits, MNIST
and rotated MNIST, by all five losses, at rates from 1e-5 to 10, momentum 0 to 0.99, 1 to 30 epochs, minibatches of 8 to
512 images. A run at chance is untrained where, all else equal, only higher rates train; elsewhere it diverged. By that
measure the constants were set on 1,738 untrained and 402 diverged runs, and the rule is right on all of them. It is
right, too, on all of 2,952 and 719 others, of other set-ups and seeds; 1,741 and 503 of all had a single epoch. FAR
from 7 to 40, ROSE from 0.002 to 0.05 and EXPLODED from 1.6 to 2 give the same answers. No run there needed (4): it
is for slow runs on harder data. `tests/studies/test_outcomes.py` has some of the curves.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from studies.records import Cause, RunResult

EXPLODED = 2.0  # level, relative to uniform softmax
ROSE = 0.02  # of that level; curves of slow runs end at their lowest value, but for rounding
FAR = 20.0  # travel, in units of 1 / gradient
LEARNED = 0.01  # of the level 1
SMALL = 1e-3  # distance of `loss_area` from 1 below which it does not give the loss's scale

ADVICE: Mapping[Cause, str] = {
    Cause.DIVERGED: "lower the learning rate, or the momentum",
    Cause.UNTRAINED: "raise the learning rate, or train for more epochs",
    Cause.CHANCE: "look at the learning curves: a loss that rose asks for a lower learning rate, one that fell for a "
    "higher one or for more epochs",
}

WORDS: Mapping[Cause, str] = {
    Cause.DIVERGED: "diverged",
    Cause.UNTRAINED: "untrained",
    Cause.CHANCE: "ended at chance",
}

Curve = Sequence[float | None]


def cause_of(
    divergence: str | None,
    loss_curve: Curve,
    cross_entropy_curve: Curve,
    *,
    own_loss: float,
    cross_entropy: float,
    loss_area: float,
    eta: float,
    alpha: float,
    steps: int,
) -> Cause:
    """The cause of a finished run's failure, by the rule above.

    Args:
        divergence: as stored: None, "non-finite" or "chance".
        loss_curve: mean training loss of each epoch; None where it is not known.
        cross_entropy_curve: test cross-entropy after each epoch, nats; None where it is not known.
        own_loss: as stored; of a run at chance the loss of uniform softmax.
        cross_entropy: as stored; of a run at chance that of uniform softmax, nats.
        loss_area: mean of the training loss over the epochs, relative to uniform softmax.
        eta: learning rate, > 0.
        alpha: momentum weight, in [0, 1).
        steps: of the whole training.
    """
    if divergence is None:
        return Cause.NONE
    if divergence != "chance":
        return Cause.DIVERGED
    losses = _relative_losses(_known(loss_curve), uniform=own_loss, area=loss_area)
    nats = [value / cross_entropy for value in _known(cross_entropy_curve)] if cross_entropy > 0.0 else []
    curves = [curve for curve in (losses, nats) if curve]
    if not curves:
        return Cause.CHANCE
    if any(max(curve) > EXPLODED or curve[-1] - min(curve) > ROSE for curve in curves):
        return Cause.DIVERGED
    slow = travel(eta, alpha, steps) < FAR or _learns(nats)
    return Cause.UNTRAINED if slow else Cause.DIVERGED


def cause_of_result(result: RunResult, *, eta: float, alpha: float) -> Cause:
    """The cause of a run's failure, from its whole record."""
    return cause_of(
        result.divergence,
        result.loss_curve,
        result.cross_entropy_curve,
        own_loss=result.own_loss,
        cross_entropy=result.cross_entropy,
        loss_area=result.loss_area,
        eta=eta,
        alpha=alpha,
        steps=result.steps,
    )


def unknown_causes(diverged: NDArray[np.bool_]) -> NDArray[np.str_]:
    """Causes of runs of which no more is known than that some ended at chance or broke, shape (n,)."""
    return np.where(diverged, Cause.CHANCE.value, Cause.NONE.value)


def in_words(causes: Mapping[str, int]) -> tuple[str, ...]:
    """Failed runs by cause, each cause that has any: ("3 diverged", "2 untrained").

    Args:
        causes: numbers of runs by values of `Cause`.
    """
    return tuple(f"{causes[cause]:,} {word}" for cause, word in WORDS.items() if causes.get(cause))


def travel(eta: float, alpha: float, steps: int) -> float:
    """Distance by which a constant gradient of one unit moves the weights in a training, by heavy-ball momentum.

    The step number t, of size eta (1 - alpha^t) / (1 - alpha), summed up over the steps.
    """
    if alpha == 0.0:
        return eta * steps
    rest = 1.0 - alpha
    return eta / rest * (steps - alpha * (1.0 - alpha**steps) / rest)


def _known(curve: Curve) -> list[float]:
    return [value for value in curve if value is not None and math.isfinite(value)]


def _relative_losses(losses: list[float], *, uniform: float, area: float) -> list[float]:
    """Training losses relative to uniform softmax. `area` is their mean on that scale, which gives the loss's floor."""
    if not losses:
        return []
    above = sum(losses) / len(losses) - uniform
    scale = above / (area - 1.0) if abs(area - 1.0) > SMALL else uniform
    if not 0.0 < scale <= uniform:  # rounding; the floor of no loss is negative
        scale = uniform
    return [1.0 + (loss - uniform) / scale for loss in losses] if scale > 0.0 else []


def _learns(nats: list[float]) -> bool:
    falls = all(later < earlier for earlier, later in pairwise(nats))
    return len(nats) > 1 and falls and nats[-1] < 1.0 - LEARNED
