"""Single pairs of an arm and the claim, as a strip of points: which are drawn, and at what height each lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studies.figures.scales import even_step
from studies.golden import P1
from studies.records import Arm
from studies.verdict.comparisons import find_arm
from studies.verdict.model import Evidence
from studies.verdict.roles import judged_arms
from studies.verdict.rows import ArmRuns, paired_keys, paired_values, sample_of

MOST_PAIRS = 200  # points a strip; more would only be a smear


@dataclass(frozen=True, slots=True)
class Pair:
    """One run of an arm minus the claim's on the same split, order and initial weights."""

    block: int
    run: int
    difference: float  # response units, or percentage points of accuracy


@dataclass(frozen=True, slots=True)
class PairStrip:
    """The pairs of one arm."""

    shown: tuple[Pair, ...]  # by block and run, an even choice of at most MOST_PAIRS
    pairs: int  # all of them
    better: int  # above 0: the arm did better
    lowest: float | None
    highest: float | None

    @property
    def hidden(self) -> int:
        """Pairs that are not drawn."""
        return self.pairs - len(self.shown)


NO_PAIRS = PairStrip((), 0, 0, None, None)


def strips_of(evidence: Evidence, *, in_points: bool) -> dict[tuple[str, float, float], PairStrip]:
    """The single pairs that a sweep's comparisons are made of, by label and point of the arm.

    Args:
        evidence: of the sweep, as its verdict was given it.
        in_points: in percentage points of accuracy instead of response units.
    """
    arms = judged_arms(sample_of(evidence))
    claim = find_arm(arms, Arm.CLAIM)
    if claim is None:
        return {}
    others = [arm for arm in arms if arm is not claim]
    return {(arm.arm, arm.eta, arm.alpha): strip(_pairs(arm, claim, in_points=in_points)) for arm in others}


def strip(pairs: Sequence[Pair]) -> PairStrip:
    """The strip of these pairs: every n-th is drawn, so that at most MOST_PAIRS are."""
    found = [pair.difference for pair in pairs]
    step = even_step(len(pairs), MOST_PAIRS)
    return PairStrip(
        shown=tuple(pairs[::step]),
        pairs=len(pairs),
        better=sum(difference > 0.0 for difference in found),
        lowest=min(found, default=None),
        highest=max(found, default=None),
    )


def heights(count: int, band: tuple[float, float]) -> list[float]:
    """Heights within a band for so many points, spread by multiples of the golden section P1: the same every time.

    Neighbours lie far apart, and any run of points fills the band evenly; the height has no meaning.
    """
    low, high = band
    return [low + (high - low) * ((0.5 + i * P1) % 1.0) for i in range(count)]


def _pairs(arm: ArmRuns, claim: ArmRuns, *, in_points: bool) -> list[Pair]:
    differences = paired_values(arm, claim)[1 if in_points else 0]
    keys = paired_keys(arm, claim)
    return [
        Pair(block, run, difference)
        for (block, run), difference in zip(keys.tolist(), differences.tolist(), strict=True)
    ]
