"""Nearness: the probability that the primary loss' optimum lies nearer to the claim's point than another's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studies.verdict.findings import Findings
from studies.verdict.model import Nearness
from studies.verdict.neighbourhood import centre

FloatArray = NDArray[np.float64]


def nearness(found: Sequence[Findings]) -> tuple[Nearness, ...]:
    """Posterior probability, per context, that the primary loss' optimum is nearer to the claim than each other loss'.

    Distance is Euclidean in (ln eta, -ln(1 - alpha)). Assumptions: the sweeps' posteriors are independent, and the
    Gaussian processes are adequate; every draw of the one is set against every draw of the other.
    A description of where the optima seem to lie, no test: no error rate is controlled. Empty without a primary loss
    or where a sweep has too few runs.
    """
    rows = []
    for first in found:
        claim = first.evidence.claim
        if first.evidence.loss != claim.primary_loss:
            continue
        rows += [
            Nearness(first.evidence.context, first.evidence.loss, other.evidence.loss, share)
            for other in found
            if other is not first and other.evidence.context == first.evidence.context
            if (share := _share_nearer(_distances(first), _distances(other))) is not None
        ]
    return tuple(rows)


def _distances(findings: Findings) -> FloatArray | None:
    """Distances of the posterior draws of the optimum from the claim, ln units."""
    draws = findings.location.argmaxes
    if draws is None:
        return None
    return np.asarray(np.linalg.norm(draws - centre(findings.evidence.claim), axis=1), dtype=np.float64)


def _share_nearer(first: FloatArray | None, other: FloatArray | None) -> float | None:
    """P(first < other) over all pairs of draws, ties counted half."""
    if first is None or other is None:
        return None
    ordered = np.sort(other)
    below = np.searchsorted(ordered, first, side="left") + np.searchsorted(ordered, first, side="right")
    return float(1.0 - below.mean() / (2 * len(ordered)))
