"""Evidence of planted runs, as a verdict is given it."""

from __future__ import annotations

from studies.language.claim import Claim
from studies.language.space import SearchSpace
from studies.records import Runs
from studies.verdict.model import Evidence


def evidence_of(runs: Runs) -> Evidence:
    """A complete study of planted runs, judged by accuracy."""
    return Evidence(
        sweep="golden@digits",
        loss="golden",
        context="digits",
        claim=Claim(),
        space=SearchSpace(),
        classes=10,
        epochs=10,
        runs=runs,
        planned_runs=len(runs),
        failed_runs=0,
        phases_done=("map", "confirm"),
        fixed_design=True,
        seed=1,
    )
