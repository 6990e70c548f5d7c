"""The part of the box that is not worse than the best by a margin: does the place matter at all?

A point x is in the part if no point of the box beats it by more than the margin. Neither surface is known, so the share
of the box that the part takes is bounded by tests of single points on the grid of the location tests:

    low    points that are shown to be in the part     the upper end of their regret's 95 % interval is below the margin
    high   points that are not shown to be outside     "no point beats x by more than the margin" is not rejected at 5 %

Each is taken by the polynomial (simultaneously over the challengers, as the location tests) and by the draws of the
process; the interval runs from the lower of the two lower ends to the higher of the two upper ones, since either
surface alone may be wrong. Where the surface is flat, nothing is shown to be outside, and the share may be the whole
ground: draws of a surface would count what noise alone lifts. Points off the ground, which map and zoom reject, count
as worse. The estimate is the share by the process' mean. Error rate: a point of the part is called outside in at most
5 % of cases, and the reverse; the share is the mean of such points, a pointwise 95 % statement.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studies.language.parameters import PAPER, Axes
from studies.verdict.gaussian_process import Process
from studies.verdict.model import LEVEL, Interval
from studies.verdict.region import DRAWS as ERROR_DRAWS
from studies.verdict.region import location_p_values, shown_within
from studies.verdict.surface import Surface

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
DRAWS = 400
MOST_TESTED = 100  # points that are tested, evenly among the grid's; all are challengers
SEED = 1  # of the draws: the part is a function of the surfaces and the margin


@dataclass(frozen=True, slots=True)
class GoodPart:
    """A share of the box in [0, 1], with its 95 % interval, and the range of alpha over that part."""

    share: Interval
    alpha: tuple[float, float] | None  # over the points that the process' mean places in the part


def good_part(
    points: FloatArray,
    process: Process,
    surface: Surface | None,
    errors: FloatArray | None,
    *,
    margin: float,
    box_nodes: int,
    axes: Axes = PAPER,
) -> GoodPart:
    """The part by both surfaces.

    Args:
        points: (m, 2) in (v, u), nodes of the ground; a few further points among them add next to nothing.
        process: of the ground's runs.
        surface: the polynomial, or None.
        errors: draws of its coefficients' error, shape (p, B).
        margin: response units.
        box_nodes: nodes of the same grid over the whole box.
        axes: whose coordinates v and u are.
    """
    at, tested = axes.to_fit(points), slice(None, None, math.ceil(len(points) / MOST_TESTED))
    mean = process.mean(at)
    good = mean >= mean.max() - margin
    sides = [_by_process(process, at, mean, margin)]
    if surface is not None and errors is not None:
        sides.append(_by_surface(surface, at, errors[:, :ERROR_DRAWS], margin, tested))
    whole = min(1.0, len(points) / box_nodes)
    estimate = whole * float(good.mean())
    low = whole * min(float(shown.mean()) for shown, _ in sides)
    high = whole * max(float(possible.mean()) for _, possible in sides)
    share = Interval(estimate, min(low, estimate), max(high, estimate))
    second = axes.second.value(np.array([points[good, 1].min(), points[good, 1].max()]))
    lowest = max(0.0, float(second[0])) if axes.second.scale == "log_one_minus" else float(second[0])
    return GoodPart(share, (lowest, float(second[1])))


def _by_process(process: Process, at: FloatArray, mean: FloatArray, margin: float) -> tuple[BoolArray, BoolArray]:
    """Masks of the points that are shown to be in the part, and of those that may be, by joint posterior draws."""
    drawn = process.draws(at, count=DRAWS, rng=np.random.default_rng(SEED))
    gap = drawn.max(axis=1, keepdims=True) - drawn
    behind = drawn[:, [int(np.argmax(mean))]] - drawn
    return (gap < margin).mean(axis=0) >= 1.0 - LEVEL / 2, (behind <= margin).mean(axis=0) > LEVEL / 2


def _by_surface(
    surface: Surface, at: FloatArray, errors: FloatArray, margin: float, tested: slice
) -> tuple[BoolArray, BoolArray]:
    """The same by the polynomial, at the points of `tested`."""
    chosen = at[tested]
    possible = location_p_values(surface, chosen, at, errors, margin=margin) > LEVEL
    return shown_within(surface, chosen, at, errors, margin=margin), np.asarray(possible, dtype=np.bool_)
