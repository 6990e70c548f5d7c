"""The truth about a planted landscape, in a box: its tops, what the claim loses, which answers are right.

Truths are about runs that train (the expected response without collapse), beside the planted shares of collapse. The
margin is the claim's at the true sigma: the deviation of one run at the claim's point within a paired block.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from studies.calibration.highest import Place, highest
from studies.calibration.landscapes import Scenario
from studies.calibration.planted_runs import BLOCK_SHARE
from studies.language.claim import SIGMAS, Claim
from studies.language.space import SearchSpace, Space
from studies.language.terms import MOST_SHARE
from studies.verdict.answers import Answer
from studies.verdict.model import Outcome
from studies.verdict.neighbourhood import centre, in_box, inside, lattice

FloatArray = NDArray[np.float64]
GRID = (121, 81)  # nodes along v and u on which shares of the box are counted


@dataclass(frozen=True, slots=True)
class Truth:
    """What is so, of one landscape and claim."""

    tops: tuple[Place, ...]  # highest places in (v, u); none where all places are alike
    places: tuple[Place, ...]  # the tops; where there are none, any one place: a region should hold it
    inside: int  # of the tops, in the claim's neighbourhood
    claim_loss: float  # of the claim's point against the top, logit
    margin: float  # at the true sigma, logit
    good_share: float  # of the box within that margin of the top
    claim_collapses: bool  # whether the claim's runs collapse more often than all others

    @property
    def is_flat(self) -> bool:
        """True where there is no top."""
        return not self.tops

    @property
    def as_good(self) -> Answer:
        """Right answer to "the claimed point is as good as the best"."""
        return Answer.YES if self.claim_loss < self.margin else Answer.NO

    @property
    def there(self) -> Answer:
        """Right answer to "the optimum is there"; undecided where tops of one height lie on both sides, or none."""
        if self.is_flat or 0 < self.inside < len(self.tops):
            return Answer.UNDECIDED
        return Answer.YES if self.inside else Answer.NO

    @property
    def matters(self) -> Answer:
        """Right answer to "the place matters"."""
        return Answer.YES if self.good_share <= MOST_SHARE else Answer.NO

    @property
    def right(self) -> Outcome | None:
        """The verdict that would be right and decided; None where none would."""
        if self.claim_collapses or self.there is Answer.NO:
            return Outcome.REFUTED
        if self.there is Answer.YES and self.as_good is Answer.YES and self.matters is Answer.YES:
            return Outcome.SUPPORTED
        return None

    def may_support(self, margin: float | None) -> bool:
        """True where "supported" is no false verdict at this margin."""
        return not self.claim_collapses and self.there is Answer.YES and self.claim_loss <= (margin or 0.0)

    def may_refute(self, margin: float | None) -> bool:
        """True where "refuted" is no false verdict at this margin: one of its three grounds is so."""
        elsewhere = not self.is_flat and self.inside == 0
        return self.claim_collapses or elsewhere or self.claim_loss > (margin or 0.0)


def truth_of(scenario: Scenario, claim: Claim, space: Space) -> Truth:
    """The truth in a box; numerical where a planted top lies outside it, or the box was widened."""
    v, u = (np.array([x]) for x in centre(claim))
    tops, best = _tops(scenario, space)
    loss = best - float(scenario.height(v, u)[0])
    sigma = float(scenario.noise(np.array([-loss]))[0]) * math.sqrt(1.0 - BLOCK_SHARE)
    margin = max((claim.margin_sigmas or SIGMAS) * sigma, claim.margin_floor or 0.0)
    nodes = lattice(space, *GRID)[2]
    good = scenario.height(nodes[:, 0], nodes[:, 1]) >= best - margin
    return Truth(
        tops=tops,
        places=tops or ((scenario.v, scenario.u),),
        inside=int(inside(claim, np.array(tops).reshape(-1, 2)).sum()),
        claim_loss=loss,
        margin=margin,
        good_share=float(good.mean()),
        claim_collapses=scenario.collapse is not None and scenario.collapse.singles_out_claim,
    )


@lru_cache(maxsize=256)
def _tops(scenario: Scenario, space: Space) -> tuple[tuple[Place, ...], float]:
    planted = scenario.tops
    if not planted:
        return (), 0.0
    within = bool(in_box(space, np.array(planted)).all())
    if within and (scenario.shape is None or space == SearchSpace()):
        return planted, 0.0
    place, height = highest(scenario.height, space)
    return ((place,), height) if not within or height > 0.0 else (planted, 0.0)
