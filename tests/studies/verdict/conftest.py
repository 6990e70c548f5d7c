from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from studies.calibration.landscapes import SCENARIOS
from studies.calibration.simulation import simulate
from studies.verdict.records import Evidence

Select = Callable[[Evidence, NDArray[np.bool_]], Evidence]


@pytest.fixture(scope="session")
def supported() -> Evidence:
    """A full study of scenario A (the optimum is the golden point) whose verdict is "supported"."""
    return simulate(SCENARIOS["A"], np.random.default_rng(0))


@pytest.fixture(scope="session")
def refuted() -> Evidence:
    """A full study of scenario E (the effective rate is 4.5 times the claim's)."""
    return simulate(SCENARIOS["E"], np.random.default_rng(1))


@pytest.fixture
def select() -> Select:
    """Keep the runs that a mask selects; the phases that remain count as done."""

    def keep(evidence: Evidence, mask: NDArray[np.bool_]) -> Evidence:
        runs = evidence.runs.where(mask)
        return replace(evidence, runs=runs, phases_done=tuple(dict.fromkeys(runs.phase.tolist())))

    return keep
