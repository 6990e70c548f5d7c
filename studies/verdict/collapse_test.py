"""Runs that fail to train: at the claim's point against those of its rivals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import fisher_exact

from studies.coordinates import to_vu
from studies.language.claim import Claim
from studies.language.phases import PAIRED_PHASES
from studies.verdict.answers import CollapseTest
from studies.verdict.levels import COLLAPSE
from studies.verdict.neighbourhood import SLACK, centre
from studies.verdict.rows import ArmRuns, Sample

HINDERS = 0.05  # p-value up to which a claim without refutation is not supported either


def collapse_test(
    sample: Sample, arms: Sequence[ArmRuns], claim: Claim, level: float, *, margin: float | None = None
) -> CollapseTest:
    """Fisher's exact test, one-sided, of runs at chance: the claim's, of all phases, against those of the other arms.

    Args:
        sample: all runs.
        arms: of the paired phases.
        claim: whose point is tested.
        level: of this look, of which this way to refute has its share (`levels`).
        margin: by which an arm may lose to the claim and still be its rival, response units; None: by any.
    """
    own = np.all(np.abs(sample.points - centre(claim)) <= SLACK, axis=1)
    near = np.zeros(len(own), dtype=np.bool_)
    base = next((float(arm.y.mean()) for arm in arms if arm.arm == "claim"), -np.inf)
    for arm in arms:
        if margin is None or float(arm.y.mean()) >= base - margin:
            point = np.column_stack(to_vu([arm.eta], [arm.alpha]))[0]
            near |= np.all(np.abs(sample.points - point) <= SLACK, axis=1)
    rivals = np.isin(sample.evidence.runs.phase, PAIRED_PHASES) & near & ~own
    table = [[int(sample.chance[part].sum()), int((~sample.chance[part]).sum())] for part in (own, rivals)]
    p = float(fisher_exact(table, alternative="greater").pvalue) if all(sum(row) for row in table) else None
    return CollapseTest(
        claim_failed=table[0][0],
        claim_runs=sum(table[0]),
        rivals_failed=table[1][0],
        rivals_runs=sum(table[1]),
        p_more=p,
        refutes=p is not None and p <= COLLAPSE * level,
        hinders=p is not None and p <= HINDERS,
    )
