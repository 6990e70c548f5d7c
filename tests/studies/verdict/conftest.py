from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from studies.calibration.landscapes import SCENARIOS
from studies.calibration.simulation import shipped, simulate
from studies.language.claim import Claim
from studies.language.space import SearchSpace
from studies.outcomes import unknown_causes
from studies.records import Runs
from studies.verdict.findings import Findings, gather
from studies.verdict.grounds import Grounds, gathered
from studies.verdict.model import Evidence

Row = tuple[str, str, int, int, float, float, int, bool]  # phase, arm, block, run, point, correct of 1000, diverged
Select = Callable[[Evidence, NDArray[np.bool_]], Evidence]


@pytest.fixture(scope="session")
def supported() -> Evidence:
    """A full study of scenario A (the optimum is the golden point) whose verdict is "supported", under analysis 4."""
    return simulate(SCENARIOS["A"], np.random.default_rng(0), shipped(4))


@pytest.fixture(scope="session")
def refuted() -> Evidence:
    """A full study of scenario E (the effective rate is 4.5 times the claim's), under analysis 4."""
    return simulate(SCENARIOS["E"], np.random.default_rng(1), shipped(4))


@pytest.fixture(scope="session")
def findings5(supported: Evidence) -> Findings:
    """Findings of the supported study under analysis 5."""
    return gather(replace(supported, analysis=5))


@pytest.fixture(scope="session")
def grounds(findings5: Findings) -> Grounds:
    """The grounds of the supported study under analysis 5."""
    return gathered(findings5)


@pytest.fixture
def select() -> Select:
    """Keep the runs that a mask selects; the phases that remain count as done."""

    def keep(evidence: Evidence, mask: NDArray[np.bool_]) -> Evidence:
        runs = evidence.runs.where(mask)
        return replace(evidence, runs=runs, phases_done=tuple(dict.fromkeys(runs.phase.tolist())))

    return keep


@pytest.fixture(scope="session")
def by_hand() -> Callable[[list[Row]], Evidence]:
    """Evidence of runs written by hand, of the golden claim in the default box, for analysis 4."""

    def make(rows: list[Row]) -> Evidence:
        phase, arm, block, run, eta, alpha, correct, diverged = (list(column) for column in zip(*rows, strict=True))
        count, share = len(rows), np.array(correct) / 1000
        runs = Runs(
            trial=np.arange(count),
            run=np.array(run),
            phase=np.array(phase),
            arm=np.array(arm),
            block=np.array(block),
            eta=np.array(eta),
            alpha=np.array(alpha),
            n_test=np.full(count, 1000),
            correct=np.array(correct),
            accuracy=share,
            error=1.0 - share,
            cross_entropy=-np.log(share),
            own_loss=1.0 - share,
            loss_area=1.0 - share,
            epochs_to_target=np.full(count, np.nan),
            diverged=np.array(diverged, dtype=np.bool_),
            cause=unknown_causes(np.array(diverged, dtype=np.bool_)),
        )
        return Evidence(
            sweep="golden@hand",
            loss="golden",
            context="hand",
            claim=Claim(margin_floor=None),
            space=SearchSpace(),
            classes=10,
            epochs=5,
            runs=runs,
            planned_runs=count,
            failed_runs=0,
            phases_done=tuple(dict.fromkeys(phase)),
            fixed_design=True,
            seed=1,
            analysis=4,
        )

    return make
