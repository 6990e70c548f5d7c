"""Collapse as an outcome of its own: do runs fail more often at the claim's point than at the best ones?

A run failed if it collapsed, is untrained or diverged (`Sample.outcome`). Counted at the claim: its paired runs and its
replicates in map and zoom. Counted against it: the paired runs of its rivals, the arms at places that the study itself
found good (SOUGHT) and that do not lose to the claim by more than the margin among runs that train. Ridge mates, the
everyday default and decoys are no rivals: they lie where somebody put them, not where the optimum was sought. Of the
rivals, those are left out that fail themselves more often than the others (Fisher, HOPELESS): a rival on a cliff would
hide the claim's collapse, and is not what the claim should be compared with. Failures cannot choose the rivals by their
responses, for these are read of the other runs alone.

Hypothesis: a run at the claim fails no more often than one at the rivals. Test: Fisher's, exact and one-sided, given
both margins of the table. Assumption: runs fail independently; where one block makes several arms fail, the block's
effect takes it (`collapse.polished`). Error rate: `refutes` at most 9/20 of the look's part of the level, by which the
other routes to refutation are paid less (Bonferroni). `hinders` is no test: it is what support must not overlook, a
claim whose share of failures is shown to be larger at one level, or is larger by TOO_MANY.

Reference: Fisher (1935), J. Roy. Stat. Soc. 98, 39-82.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studies.language.claim import Claim
from studies.language.phases import PAIRED_PHASES, Phase
from studies.late_scipy import hypergeom
from studies.verdict.answers import CollapseTest
from studies.verdict.comparisons import SOUGHT
from studies.verdict.levels import COLLAPSE
from studies.verdict.neighbourhood import lies_at
from studies.verdict.paired import mean_test
from studies.verdict.row_blocks import MAP_PHASES
from studies.verdict.rows import ArmRuns, Sample, paired_values

BoolArray = NDArray[np.bool_]
HINDERS = 0.05  # p-value from which on a claim without refutation is not supported either
TOO_MANY = 0.10  # likewise by the difference of the shares alone
HOPELESS = 0.01  # p-value at which a rival fails more often than the other rivals
LOSES = 0.05  # p-value at which an arm loses to the claim by more than the margin


def collapse_test(
    sample: Sample, arms: Sequence[ArmRuns], claim: Claim, level: float, *, margin: float | None = None
) -> CollapseTest:
    """Failures at the claim against failures at its rivals.

    Args:
        sample: all runs of a sweep.
        arms: of the paired phases, typical runs alone (`paired_arms`).
        claim: its point is the one in question.
        level: of this look (`looks.look_level`), of which this route has its share (`levels`).
        margin: by which an arm may lose to the claim and still be its rival, response units; None: by any.
    """
    failed, own = ~sample.trained, _own(sample, claim)
    rivals = _calm([_runs_of(sample, arm) for arm in _serious(arms, claim, margin)], failed)
    others = np.logical_or.reduce([*rivals, np.zeros(len(failed), dtype=np.bool_)]) & ~own
    ours, theirs = failed[own], failed[others]
    p = fisher(int(ours.sum()), len(ours), int(theirs.sum()), len(theirs))
    more = p is not None and (p <= HINDERS or float(ours.mean() - theirs.mean()) >= TOO_MANY)
    return CollapseTest(
        claim_failed=int(ours.sum()),
        claim_runs=len(ours),
        rivals_failed=int(theirs.sum()),
        rivals_runs=len(theirs),
        p_more=p,
        refutes=p is not None and p <= level * COLLAPSE,
        hinders=more,
    )


def fisher(failed: int, runs: int, others_failed: int, others: int) -> float | None:
    """p-value against "runs fail here no more often than there" (Fisher's exact test, one-sided); None without runs."""
    if runs == 0 or others == 0:
        return None
    return float(min(1.0, hypergeom.sf(failed - 1, runs + others, failed + others_failed, runs)))


def _own(sample: Sample, claim: Claim) -> BoolArray:
    """The claim's paired runs and its replicates."""
    counted = np.isin(sample.evidence.runs.phase, (*PAIRED_PHASES, *MAP_PHASES, Phase.ZOOM))
    return np.asarray(lies_at(claim, sample.points) & counted, dtype=np.bool_)


def _runs_of(sample: Sample, arm: ArmRuns) -> BoolArray:
    """All paired runs at an arm's point."""
    runs = sample.evidence.runs
    there = (runs.eta == arm.eta) & (runs.alpha == arm.alpha)
    return np.asarray(there & np.isin(runs.phase, PAIRED_PHASES), dtype=np.bool_)


def _serious(arms: Sequence[ArmRuns], claim: Claim, margin: float | None) -> list[ArmRuns]:
    """Arms that were sought and do not lose to the claim by more than the margin; the best of them where all do."""
    sought = [arm for arm in arms if arm.arm in SOUGHT]
    own = next((arm for arm in arms if lies_at(claim, np.array([arm.place]))[0]), None)
    if own is None or margin is None:
        return sought
    tests = {id(arm): mean_test(paired_values(arm, own)[0]) for arm in sought}
    serious = [arm for arm in sought if not _loses(tests[id(arm)].p_less(-margin))]
    return serious or sorted(sought, key=lambda arm: -tests[id(arm)].mean)[:1]


def _loses(p: float | None) -> bool:
    return p is not None and p <= LOSES


def _calm(rivals: Sequence[BoolArray], failed: BoolArray) -> list[BoolArray]:
    """The rivals without those that fail more often than the others together, the worst first."""
    kept = list(rivals)
    while len(kept) > 1:
        worst = max(range(len(kept)), key=lambda i: float(failed[kept[i]].mean()))
        rest = np.logical_or.reduce(kept[:worst] + kept[worst + 1 :])
        mine, theirs = failed[kept[worst]], failed[rest]
        p = fisher(int(mine.sum()), len(mine), int(theirs.sum()), len(theirs))
        if p is None or p > HOPELESS:
            break
        kept.pop(worst)
    return kept
