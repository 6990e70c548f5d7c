"""The part of the box that is not worse than the best by a margin: does the place matter at all?

For one surface f the part is {x: max f - f(x) < margin}, and its share of the box is counted on the grid of the
location tests; points outside the zone, which the map rejects, count as worse. Over draws of f its quantiles give the
interval: draws of the process' posterior, and of the polynomial's coefficients. The interval runs from the lower of the
two lower quantiles to the higher of the two upper ones, since either surface alone may be wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studies.coordinates import from_vu
from studies.verdict.gaussian_process import Process
from studies.verdict.model import Interval
from studies.verdict.neighbourhood import to_fit
from studies.verdict.surface import Surface

FloatArray = NDArray[np.float64]
DRAWS = 400
SEED = 1  # of the draws: the part is a function of the surfaces and the margin
TAILS = (2.5, 50.0, 97.5)


@dataclass(frozen=True, slots=True)
class GoodPart:
    """A share of the box in [0, 1], with its 95 % interval, and the range of alpha over that part."""

    share: Interval
    alpha: tuple[float, float] | None  # over the points that more than half of the process' draws place in the part


def good_part(
    points: FloatArray,
    process: Process,
    surface: Surface | None,
    errors: FloatArray | None,
    *,
    margin: float,
    box_nodes: int,
) -> GoodPart:
    """The part by both surfaces.

    Args:
        points: (m, 2) in (v, u), nodes of the zone; a few further points among them add next to nothing.
        process: of the zone's runs.
        surface: the polynomial, or None.
        errors: draws of its coefficients' error, shape (p, B).
        margin: response units.
        box_nodes: nodes of the same grid over the whole box.
    """
    at = to_fit(points)
    drawn = process.draws(at, count=DRAWS, rng=np.random.default_rng(SEED))
    good = drawn > drawn.max(axis=1, keepdims=True) - margin
    quantiles = [np.percentile(good.sum(axis=1), TAILS)]
    if surface is not None and errors is not None:
        heights = surface.phi(at) @ (surface.beta[:, None] + errors[:, :DRAWS])
        quantiles.append(np.percentile((heights > heights.max(axis=0) - margin).sum(axis=0), TAILS))
    low, middle, high = np.array(quantiles).T / box_nodes
    share = Interval(*(min(1.0, float(x)) for x in (middle[0], low.min(), high.max())))
    likely = points[good.mean(axis=0) > 0.5]
    if len(likely) == 0:
        return GoodPart(share, None)
    alpha = from_vu(0.0, np.array([likely[:, 1].min(), likely[:, 1].max()]))[1]
    return GoodPart(share, (float(alpha[0]), float(alpha[1])))
