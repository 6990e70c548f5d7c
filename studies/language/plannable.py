"""Documents whose every field is acceptable and whose phases could not be planned, or would not mean what they say."""

from __future__ import annotations

import math
from collections.abc import Iterator

from studies.errors import Problem
from studies.language.claim import Claim
from studies.language.design import CrossValidationDesign, Design, LocateDesign, mate_arm
from studies.language.space import SearchSpace


def unplannable(claim: Claim, space: SearchSpace, design: Design) -> Iterator[Problem]:
    """Faults that the door refuses; documents stored by earlier releases may have them.

    Args:
        claim, space, design: of one document, acceptable one by one and together.
    """
    if isinstance(design, CrossValidationDesign):
        return
    yield from _equal_mates(design.mates)
    if isinstance(design, LocateDesign):
        yield from _nothing_outside(claim, space)


def _equal_mates(mates: list[float]) -> Iterator[Problem]:
    """Mates that would share an arm: their runs could not be told apart."""
    arms = [mate_arm(alpha) for alpha in mates]
    for i, arm in enumerate(arms):
        if arm in arms[:i]:
            first = arms.index(arm)
            text = f"equals design.mates.{first} to six digits ({arm}); remove one"
            yield Problem(f"design.mates.{i}", text)


def _nothing_outside(claim: Claim, space: SearchSpace) -> Iterator[Problem]:
    """A neighbourhood that holds the whole box: there is no point outside to compare the claim with."""
    point = math.log(claim.eta), -math.log1p(-claim.alpha)
    reach = math.log(claim.tolerance_factor)
    if all(
        reach >= max(middle - low, high - middle)
        for middle, (low, high) in zip(point, (space.v_bounds, space.u_bounds), strict=True)
    ):
        text = "the whole `search_space` lies within this factor of the claim; widen the space or lower the factor"
        yield Problem("claim.tolerance_factor", text)
