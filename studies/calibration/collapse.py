"""Planted collapse: which runs train but end far below what runs at their point reach, and how far.

A run collapses with a probability that may depend on its point, independently of its noise and of other runs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studies.language.claim import Claim
from studies.verdict.neighbourhood import centre

FloatArray = NDArray[np.float64]
CLAIM_V, CLAIM_U = centre(Claim())
SAME_PLACE = 1e-6  # ln units: runs at the claim's own point
MOST_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Collapse:
    """Collapse of runs: at which share, by how much.

    depth: logit below the run's response without it; infinite: down to chance.
    growth: of the share along u, per ln unit: share(u) = share * e^(growth (u - u of the claim)).
    at_claim: share at the claim's own point; None: as everywhere.
    """

    share: float
    depth: float
    growth: float = 0.0
    at_claim: float | None = None

    def shares(self, v: FloatArray, u: FloatArray) -> FloatArray:
        """Probability of collapse at each point, shape as v."""
        found = np.minimum(self.share * np.exp(self.growth * (u - CLAIM_U)), MOST_SHARE)
        if self.at_claim is None:
            return np.asarray(found, dtype=np.float64)
        own = (np.abs(v - CLAIM_V) < SAME_PLACE) & (np.abs(u - CLAIM_U) < SAME_PLACE)
        return np.where(own, self.at_claim, found)

    @property
    def is_to_chance(self) -> bool:
        """True where collapsed runs end at chance."""
        return math.isinf(self.depth)

    @property
    def singles_out_claim(self) -> bool:
        """True where the claim's runs collapse more often than all others."""
        return self.at_claim is not None and self.at_claim > self.share
