"""Repeated looks: how the level of a claim is shared among the analyses of a study that is extended until it decides.

Hypotheses: those of support and of refutation (`rules`), tested again whenever a later look's data are complete.
Look 1 spends `first_look` of the level, look k >= 2 spends (1 - first_look) 2^-(k-1) of it: all looks together at most
the whole. Error rate controlled: the chance that *any* look gives a false answer is at most the level (Bonferroni's
inequality), whatever the dependence of the looks and whatever makes the operator go on or stop. That holds because
a look's data cannot be chosen after an earlier one: look k has 2^(k-1) times the first look's zoom points and paired
blocks, the zoom's sequence and the blocks' numbers continued, the same arms. Doubling suits the spending: a level that
is halved asks for far less than twice the data. A p-value is divided by its look's share, so that thresholds stay the
claim's level. Dividing before Holm's adjustment is valid over sweeps that are at different looks: the least of a
sweep's divided p-values is a p-value, and Holm's rejections only grow as p-values fall.

A sequential confirmation looks at its blocks several times within the first of these looks (`sequential`). Its p-values
are made valid for all of its looks together when they are read (`read`), and then spend the first look's share.

References: Lan & DeMets (1983), Biometrika 70, 659-663 (spending of the level); Bonferroni's inequality in place of
their joint normal law, which tests by maxima over a surface do not follow.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studies.language.claim import Claim
from studies.language.phases import PAIRED_PHASES
from studies.verdict.model import Evidence
from studies.verdict.sequential import Kind

FloatArray = NDArray[np.float64]

MOST_LOOKS = 4  # the first included; the fourth has eight times the first's data, at 1/80 of the level by default


def share(claim: Claim, look: int) -> float:
    """Share of the claim's level that a look may spend; 0 beyond the last.

    Args:
        claim: its `first_look` goes to the first.
        look: 1-based.

    Raises:
        ValueError: `look` is below 1.
    """
    if look < 1:
        raise ValueError(f"`look` counts from 1, got {look}")
    if look > MOST_LOOKS:
        return 0.0
    return claim.first_look if look == 1 else (1.0 - claim.first_look) * 2.0 ** -(look - 1)


def look_level(claim: Claim, look: int) -> float:
    """The level at which a look's own p-values are held, before Holm's adjustment."""
    return claim.level * share(claim, look)


def spend(p: float | None, part: float) -> float | None:
    """A p-value divided by its look's share of the level, at most 1; None stays None."""
    if p is None:
        return None
    return min(1.0, p / part) if part > 0.0 else 1.0


def looks_left(claim: Claim, look: int) -> int:
    """Later looks that can still decide after this one."""
    return max(0, MOST_LOOKS - look) if claim.first_look < 1.0 else 0


def blocks_so_far(evidence: Evidence) -> int:
    """Paired blocks that have at least one run."""
    runs = evidence.runs
    return len(np.unique(runs.block[np.isin(runs.phase, PAIRED_PHASES)]))


def read(evidence: Evidence, p: float | None, *, pairs: int | None = None, kind: Kind = "pairs") -> float | None:
    """A p-value that a look's data give, made valid whenever a sequential confirmation ends; None stays None.

    Where there is no schedule, or more blocks than it has (a later look, whose size the document fixes), the p-value
    stays as it is. An arm that left before a later look was tested within the first one: its p-value is put so that the
    later look's share, by which `spend` divides, charges it to the first look.

    Args:
        evidence: whose schedule it is.
        p: as the data give it.
        pairs: blocks that it was read from; None: all so far.
        kind: of the statistic.
    """
    if p is None or evidence.schedule is None:
        return p
    blocks = blocks_so_far(evidence) if pairs is None else pairs
    if blocks > evidence.schedule.blocks[-1]:
        return p
    part = share(evidence.claim, evidence.looks) / share(evidence.claim, 1)
    return min(1.0, evidence.schedule.valid(p, blocks, kind) * part)


def read_all(evidence: Evidence, p_values: FloatArray, kind: Kind) -> FloatArray:
    """`read` of the p-values of many points, all read from all blocks so far."""
    blocks = blocks_so_far(evidence)
    if evidence.schedule is None or blocks == 0 or blocks > evidence.schedule.blocks[-1]:
        return p_values
    return evidence.schedule.valid_all(p_values, blocks, kind)


def resolved_level(evidence: Evidence, level: float, *, pairs: int | None = None, kind: Kind = "pairs") -> float:
    """The level at which a p-value is held as it is read, before `read`; what it must be fine enough for.

    A bound at this level is a repeated confidence bound at 1 - `level`.
    """
    blocks = blocks_so_far(evidence) if pairs is None else pairs
    if evidence.schedule is None or not 0 < blocks <= evidence.schedule.blocks[-1]:
        return level
    return evidence.schedule.level_at(blocks, level, kind)
