"""Two more points to confirm: where the optimum most probably lies, and the likeliest place far from the claim.

The first is the estimate that the verdict would print after map and zoom (`location`): what is estimated is measured.
The second is the densest place of the posterior draws of the optimum at least a factor `FAR` from the claim in eta or
in 1 - alpha: where there is a second top, or a long ridge, it is the rival that support has to stand against.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from studies.language.parameters import Axes
from studies.verdict.candidates import Point, values_at
from studies.verdict.location import Location, outlook
from studies.verdict.model import Evidence
from studies.verdict.neighbourhood import SLACK, centre
from studies.verdict.rows import sample_of

FloatArray = NDArray[np.float64]
FAR = 3.0  # factor from the claim from which a place is a rival of its own
WINDOW = 0.35  # half width, ln units, of the square in which draws are counted


def further_points(evidence: Evidence) -> tuple[Point | None, Point | None]:
    """The likeliest point and the far rival, from the runs of map and zoom; None where the runs name none.

    Deterministic by `evidence.seed`. They say where to look, never who wins.
    """
    location = outlook(sample_of(evidence), seed=evidence.seed)
    return _likeliest(location, evidence.space.axes), _rival(location, evidence)


def _likeliest(location: Location, axes: Axes) -> Point | None:
    first, second = location.eta.estimate, location.alpha.estimate
    if first is None or second is None:
        return None
    return Point(first, max(0.0, second) if axes.second.scale == "log_one_minus" else second)


def _rival(location: Location, evidence: Evidence) -> Point | None:
    claim = centre(evidence.claim)
    if location.argmaxes is None:
        return None
    draws = np.unique(location.argmaxes, axis=0, return_counts=True)
    far = np.max(np.abs(draws[0] - claim), axis=1) >= math.log(FAR) - SLACK
    if not far.any():
        return None
    places, counts = draws[0][far], draws[1][far]
    near = np.max(np.abs(places[:, None, :] - places[None, :, :]), axis=2) <= WINDOW + SLACK
    # Of equally dense places the one with most draws of its own, then the first: nothing hangs on the draws' order.
    return Point(*values_at(evidence.space.axes, places[np.lexsort((-counts, -(near @ counts)))[0]]))
