"""Levels of analysis 5: how the level of a look is shared among the ways to refute.

    a claim is refuted where                                                             share of the look's level
    its runs fail to train more often than those of its rivals (collapse)                9/20
    on fresh pairs some arm beats it by more than the margin (arm)                       5/20
    the surface shows such a loss, and on fresh pairs the best point beats it (surface)  4/20
    the surface excludes N, and on fresh pairs the best outside beats the best inside    2/20

The shares sum to one: the chance that any way refutes falsely is at most the look's level (Bonferroni's inequality).
Within `arm` the best point found has half of the weight and the other arms share the rest (weighted Bonferroni, which
is the first step of Holm 1979; one arm is enough to refute, so no further step is needed).

Support pays nothing for its parts: it needs all of them, each at the whole level (intersection-union, Berger 1982).
The level of a look is its part of the claim's (`looks`). Bounds that are shown hold at 95 % over all looks together: at
each look they are held at its share of 5 % (repeated bounds, Jennison & Turnbull 1989, J. R. Stat. Soc. B 51), so that
they cover whatever makes a study stop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studies.records import Arm
from studies.verdict.looks import look_level, share
from studies.verdict.model import LEVEL, Evidence

COLLAPSE, ARM, SURFACE, PLACE = 9 / 20, 5 / 20, 4 / 20, 2 / 20
BEST_WEIGHT = 0.5  # of the best point found, among all arms


@dataclass(frozen=True, slots=True)
class Levels:
    """The level of a look, and of each way to refute."""

    whole: float  # of the look: what each part of support is held against
    shown: float  # of bounds that are shown: 5 % over all looks together

    @property
    def collapse(self) -> float:
        """Level of the collapse test."""
        return COLLAPSE * self.whole

    @property
    def arm(self) -> float:
        """Level of all arms together."""
        return ARM * self.whole

    @property
    def surface(self) -> float:
        """Level of surface and pairs."""
        return SURFACE * self.whole

    @property
    def place(self) -> float:
        """Level of location and pairs."""
        return PLACE * self.whole


def levels_of(evidence: Evidence) -> Levels:
    """The levels at which this look's own p-values are held, before Holm's adjustment."""
    claim, looks = evidence.claim, evidence.looks
    return Levels(whole=look_level(claim, looks), shown=LEVEL * share(claim, looks))


def arm_weights(arms: Sequence[str]) -> list[float]:
    """Weights of arms, in the order given, that sum to one: half for the best point found, the rest shared alike.

    Where there is no best point, or nothing else, the weight is shared by all alike.
    """
    best = sum(arm == Arm.BEST for arm in arms)
    others = len(arms) - best
    if best == 0 or others == 0:
        return [1.0 / len(arms) for _ in arms]
    return [BEST_WEIGHT / best if arm == Arm.BEST else (1.0 - BEST_WEIGHT) / others for arm in arms]
