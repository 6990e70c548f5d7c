"""Documents whose every field is acceptable and whose phases could not be planned, or would not mean what they say."""

from __future__ import annotations

from collections.abc import Iterator

from studies.errors import Problem
from studies.language.claim import Claim
from studies.language.compare import CompareDesign
from studies.language.design import CrossValidationDesign, Design, LocateDesign, mate_arm
from studies.language.space import Space
from studies.language.versions import FOLKLORE


def unplannable(claim: Claim, space: Space, design: Design) -> Iterator[Problem]:
    """Faults that the door refuses; documents stored by earlier releases may have them.

    Args:
        claim, space, design: of one document, acceptable one by one and together.
    """
    if isinstance(design, CrossValidationDesign | CompareDesign):
        return
    yield from _equal_mates(design.mates)
    if isinstance(design, LocateDesign):
        yield from _nothing_outside(claim, space)


def misplaced_controls(claim: Claim, space: Space, design: Design) -> Iterator[Problem]:
    """Controls that would lie outside the box or at the claim's own point, mates on the claim's ridge.

    Args:
        claim, space, design: of one document of version 3 or later.
    """
    if isinstance(design, CrossValidationDesign | CompareDesign):
        return
    for i, alpha in enumerate(design.mates):
        if claim.lies_at(eta := claim.mate(alpha), alpha):
            yield Problem(
                f"design.mates.{i}", "is the claim's own momentum weight; its mate is the claim, so remove it"
            )
        elif not space.contains(eta, alpha):
            text = f"its point ({eta:.6g}, {alpha:.6g}) on the claim's ridge lies outside `search_space`"
            yield Problem(f"design.mates.{i}", f"{text}; {_mates_within(claim, space)}")
    if design.folklore and claim.lies_at(*FOLKLORE):
        yield Problem("design.folklore", "the claim is the default (0.01, 0.9) itself; set this to false")


def _mates_within(claim: Claim, space: Space) -> str:
    """The momentum weights whose mates lie in the box, as a cure."""
    rate = claim.mate(0.0)
    (lowest, highest), (least, most) = space.ends
    low = max(least, 1.0 - highest / rate)
    high = min(most, 1.0 - lowest / rate)
    return f"choose momentum weights between {low:.3g} and {high:.3g}, or set `mates` to []"


def _equal_mates(mates: list[float]) -> Iterator[Problem]:
    """Mates that would share an arm: their runs could not be told apart."""
    arms = [mate_arm(alpha) for alpha in mates]
    for i, arm in enumerate(arms):
        if arm in arms[:i]:
            first = arms.index(arm)
            text = f"equals design.mates.{first} to six digits ({arm}); remove one"
            yield Problem(f"design.mates.{i}", text)


def _nothing_outside(claim: Claim, space: Space) -> Iterator[Problem]:
    """A neighbourhood that holds the whole box: there is no point outside to compare the claim with."""
    middle = (float(axis) for axis in space.axes.coordinates(claim.first, claim.second))
    if all(
        reach >= max(at - low, high - at)
        for at, reach, (low, high) in zip(middle, claim.half_widths, (space.v_bounds, space.u_bounds), strict=True)
    ):
        text = "the whole `search_space` lies within this factor of the claim; widen the space or lower the factor"
        if claim.is_even:
            yield Problem("claim.tolerance_factor", text)
        else:
            yield Problem("claim.tolerance", "holds the whole range of both parameters; widen them or lower it")
