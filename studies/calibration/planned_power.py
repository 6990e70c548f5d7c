"""The chance that a study as written decides its claim: from the study language to a simulation, within a time."""

from __future__ import annotations

import time
from collections.abc import Callable

from studies.calibration.power import Assumptions, Power, power
from studies.calibration.simulation import Plan
from studies.language.design import LocateDesign
from studies.language.spec import StudySpec

STUDIES = 12  # simulated per truth
SECONDS = 30.0
LEAST_SECONDS = 8.0  # given to every simulation, also while others wait


def nobody() -> bool:
    """Nobody waits."""
    return False


def planned_power(
    spec: StudySpec,
    assumptions: Assumptions,
    *,
    studies: int = STUDIES,
    seconds: float = SECONDS,
    others_wait: Callable[[], bool] = nobody,
) -> Power | None:
    """Simulate the primary sweep of a study; None for designs that locate nothing or are too large to simulate.

    Args:
        spec: the study; its seed seeds the simulation.
        assumptions: noise and curvatures.
        studies: simulated studies per truth, if time allows.
        seconds: no study is begun after so long; the n of each share tells how many were.
        others_wait: whether another caller waits; the simulation then ends after `LEAST_SECONDS`.
    """
    design = spec.design
    if not isinstance(design, LocateDesign):
        return None
    plan = Plan.of(design, spec.claim, spec.search_space)
    began = time.monotonic()

    def stop() -> bool:
        taken = time.monotonic() - began
        return taken > seconds or (taken > LEAST_SECONDS and others_wait())

    return power(plan, assumptions, studies=studies, seed=spec.seed % 2**32, stop=stop)
