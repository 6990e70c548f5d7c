"""The unit in which responses are judged, so that no verdict depends on the unit of a study's own measure.

Some rules of the verdict name a difference of responses: how far a run lies below its surroundings when it collapsed
(`collapse`), how far below the top the map says nothing more (`zone`). Logarithms have no unit; the values of a real
measure have one that nobody has stated. So the response by a real measure is

    (value - origin) / size      with the other sign where the measure is minimised

    origin    the 90th percentile of the map's points, the better values above
    size      1.5 times the width from there down to their median

each point by the median of its runs that have a value. Where those two percentiles are equal, the median gives way to
the lower quartile, eighth and so on, at last both to the highest and the lowest point, or to single runs. Responses are
kept to DECIMALS, so that rounding in another unit leaves them as they are. Amounts are turned back into the measure's
unit where they are shown (`amounts`).

Why this width: it stands for about one logarithm, of which the rules speak: as responses by the logarithm of a loss,
0.7 to 4.1 in the calibration's 90 planted landscapes that have a top, 1.1 in the middle, and 0.6 to 4.3 in the sweeps
of the published reports by accuracy, cross-entropy and the area under the loss curve. Of 40 planted studies (scenarios
A, plain-in, F-one and plain-out, 10 each, planned by accuracy) 39 were answered rightly by logarithms of the loss, and
37 by the same as a real measure; 29 with the width once, 34 with it twice. The factor was chosen on them.

Up to half of the points may be as bad as they like without bearing on it: returns and determination coefficients have
no lower end, and the middle half's width would be that of the bad ones. Why by points: replicates of one point would
otherwise make it the width of the noise. Why the map: its points follow from the document alone and are measured before
anything is chosen, so every later phase and look is judged in the same unit. A sweep without a map takes its search,
else all its runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studies.language.phases import Phase
from studies.records import Runs
from studies.verdict.row_blocks import MAP_PHASES

FloatArray = NDArray[np.float64]
TOP = 0.9  # quantile of the map's points
TIMES = 1.5  # the width, as above
LOWER = tuple(2.0**-power for power in range(1, 7))  # quantiles, the median first
ROUNDING = 1e-12  # of the larger of two values: a smaller difference is rounding
DECIMALS = 9  # of a response by a real measure
AMOUNT_DECIMALS = 12  # of a difference of responses: machines round further ones differently
MOST = 1e30  # of the same, either way: squares stay finite


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of response in the measure's own values, and the value that has response 0."""

    origin: float = 0.0
    size: float = 1.0

    def responses(self, values: FloatArray) -> FloatArray:
        """Responses of values of which larger ones are better; the values themselves under `ONE`."""
        if self == ONE:
            return values
        with np.errstate(over="ignore"):
            found = (values - self.origin) / self.size
        return np.asarray(np.round(np.clip(found, -MOST, MOST), DECIMALS), dtype=np.float64)

    def level(self, response: float) -> float:
        """The value, larger is better, that has this response."""
        return self.origin + self.size * response

    def amount(self, difference: float | None) -> float | None:
        """A difference of responses as one of values; None where it is not known. Rounding is no difference."""
        return None if difference is None else self.size * round(difference, AMOUNT_DECIMALS)


ONE = Unit()  # of responses that are logarithms


def map_unit(values: FloatArray, runs: Runs) -> Unit:
    """The unit of a sweep that is judged by a real measure; `ONE` where no run has a value.

    Args:
        values: (n,) of which larger ones are better, nan where a run has none.
        runs: of the sweep, n of them.
    """
    known = np.isfinite(values)
    chosen = [known & np.isin(runs.phase, phases) for phases in ((Phase.MAP,), MAP_PHASES)]
    for mask in (*chosen, known):
        for levels in (_by_point(values[mask], runs.where(mask)), values[mask]):
            for low, top in _spans(levels):
                if top - low > ROUNDING * max(abs(low), abs(top)):
                    return Unit(top, TIMES * (top - low))
    largest = float(np.abs(values[known]).max(initial=0.0))
    return Unit(float(np.median(values[known])), largest) if largest > 0.0 else ONE  # all alike: 0 in any unit


def _by_point(values: FloatArray, runs: Runs) -> FloatArray:
    """Median of the values at each point, shape (m,)."""
    codes = np.unique(np.column_stack([runs.eta, runs.alpha]), axis=0, return_inverse=True)[1].ravel()
    order = np.argsort(codes, kind="stable")
    groups = np.split(values[order], np.flatnonzero(np.diff(codes[order])) + 1) if len(values) else []
    return np.array([np.median(group) for group in groups])


def _spans(levels: FloatArray) -> Iterator[tuple[float, float]]:
    """Pairs of a lower and an upper value, the narrowest first."""
    if len(levels):
        top, *lower = np.quantile(levels, [TOP, *LOWER], method="lower").tolist()  # values that occur
        yield from ((low, top) for low in lower)
        yield float(levels.min()), float(levels.max())
