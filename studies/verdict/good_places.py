"""How much of the box is as good as its best, up to the margin: whether the place matters at all.

From joint posterior draws of a Gaussian process over the whole box: in each draw, the share of nodes that are not worse
than that draw's best by more than the margin. Estimate: their median; interval: 2.5 and 97.5 % quantiles, a posterior
interval. Responses are floored as in the map's fit, so that a cliff does not set the length scale.
"""

from __future__ import annotations

import math

import numpy as np

from studies.coordinates import from_vu
from studies.seeds import derive
from studies.verdict.findings import Findings
from studies.verdict.model import UNKNOWN, Interval
from studies.verdict.neighbourhood import lattice, to_fit
from studies.verdict.rows import located_rows
from studies.verdict.zone import fit_map, too_thin

GRID, DRAWS = (25, 17), 256


def good_places(findings: Findings) -> tuple[Interval, tuple[float, float] | None]:
    """Share of the box within the margin of the best, and the range of alpha over that part.

    Unknown without a margin or with too few runs.
    """
    evidence, rows = findings.evidence, located_rows(findings.sample)
    if findings.margin is None or too_thin(rows) or not evidence.fixed_design:
        return UNKNOWN, None
    process, nodes = fit_map(rows), lattice(evidence.space, *GRID)[2]
    rng = np.random.default_rng(derive(evidence.seed, "good places"))
    draws = process.draws(to_fit(nodes), count=DRAWS, rng=rng)
    good = draws >= draws.max(axis=1, keepdims=True) - findings.margin
    low, middle, high = np.percentile(good.mean(axis=1), [2.5, 50.0, 97.5])
    mean = process.mean(to_fit(nodes))
    alpha = from_vu(0.0, nodes[mean >= mean.max() - findings.margin][:, 1])[1]
    ends = max(0.0, float(alpha.min())), min(float(alpha.max()), math.nextafter(1.0, 0.0))
    return Interval(float(middle), float(low), float(high)), ends
