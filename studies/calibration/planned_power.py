"""The chance that a study as written decides its claim: from the study language to a simulation, within a time."""

from __future__ import annotations

import time
from collections.abc import Callable

from studies.calibration.chances import MARGIN, Assumptions, Power
from studies.calibration.power import by_accuracy, power
from studies.calibration.simulation import planted_study
from studies.language.design import LocateDesign
from studies.language.spec import StudySpec

STUDIES = 60  # simulated per truth, at most: enough for an interval of MARGIN to either side whatever the share
SECONDS = 30.0
LEAST_SECONDS = 8.0  # given to every simulation, also while others wait


def never() -> bool:
    """False: no other preview waits."""
    return False


def planned_power(
    spec: StudySpec,
    assumptions: Assumptions,
    *,
    studies: int = STUDIES,
    seconds: float = SECONDS,
    others_wait: Callable[[], bool] = never,
) -> Power | None:
    """Simulate the primary sweep of a study; None for designs that locate nothing or are too large to simulate.

    Each truth is simulated until its share is known to within `MARGIN`; `Power.settled` says whether time sufficed.

    Args:
        spec: the study; its seed seeds the simulation.
        assumptions: noise and curvatures.
        studies: simulated studies per truth, if time allows.
        seconds: no study is begun after this time; the n of each share is the number of studies simulated.
        others_wait: true where another caller waits; the simulation then ends after `LEAST_SECONDS`.
    """
    design = spec.design
    if not isinstance(design, LocateDesign):
        return None
    planted = planted_study(design, by_accuracy(spec.claim), spec.space, spec.schema_version)
    began = time.monotonic()

    def stop() -> bool:
        taken = time.monotonic() - began
        return taken > seconds or (taken > LEAST_SECONDS and others_wait())

    return power(planted, assumptions, studies=studies, seed=spec.seed % 2**32, margin=MARGIN, stop=stop)
