"""Runs that fail to train: at the claim's point against those of its rivals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import fisher_exact

from studies.coordinates import to_vu
from studies.language.claim import Claim
from studies.language.phases import PAIRED_PHASES
from studies.verdict.answers import CollapseTest
from studies.verdict.neighbourhood import SLACK, centre
from studies.verdict.rows import ArmRuns, Sample

HINDERS_LEVEL = 0.2  # one-sided: above it nothing speaks for more failures at the claim


def collapse_test(sample: Sample, arms: Sequence[ArmRuns], claim: Claim, level: float) -> CollapseTest:
    """Fisher's exact test, one-sided, of runs at chance: the claim's, of all phases, against those of the other arms.

    Args:
        sample: all runs.
        arms: of the paired phases, by point.
        claim: whose point is tested.
        level: of this way to refute.
    """
    paired = np.isin(sample.evidence.runs.phase, PAIRED_PHASES)
    own = np.all(np.abs(sample.points - centre(claim)) <= SLACK, axis=1)
    named = [np.column_stack(to_vu([arm.eta], [arm.alpha]))[0] for arm in arms]
    near = np.zeros(len(own), dtype=np.bool_)
    for point in named:
        near |= np.all(np.abs(sample.points - point) <= SLACK, axis=1)
    rivals = paired & near & ~own
    table = [[int(sample.chance[part].sum()), int((~sample.chance[part]).sum())] for part in (own, rivals)]
    known = all(sum(row) for row in table)
    p = float(fisher_exact(table, alternative="greater").pvalue) if known else None
    return CollapseTest(
        claim_failed=table[0][0],
        claim_runs=sum(table[0]),
        rivals_failed=table[1][0],
        rivals_runs=sum(table[1]),
        p_more=p,
        refutes=p is not None and p <= level,
        hinders=p is not None and p <= HINDERS_LEVEL,
    )
