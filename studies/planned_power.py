"""The chance that a study as written decides its claim: from the study language to a simulation, within a time."""

from __future__ import annotations

import time

from studies.design import LocateDesign
from studies.spec import StudySpec
from studies.verdict.calibration import Plan
from studies.verdict.power import Assumptions, Power, power

STUDIES = 12  # simulated per truth
SECONDS = 8.0


def planned_power(
    spec: StudySpec, assumptions: Assumptions, *, studies: int = STUDIES, seconds: float = SECONDS
) -> Power | None:
    """Simulate the primary sweep of a study; None for designs that locate nothing or are too large to simulate.

    Args:
        spec: the study; its seed seeds the simulation.
        assumptions: noise and curvatures.
        studies: simulated studies per truth, if time allows.
        seconds: no study is begun after so long; the n of each share tells how many were.
    """
    design = spec.design
    if not isinstance(design, LocateDesign):
        return None
    plan = Plan(
        map_points=design.map_points,
        claim_replicates=design.claim_replicates,
        zoom_points=design.zoom_points,
        blocks=design.confirm_blocks,
        mates=tuple(design.mates),
        folklore=design.folklore,
        widen=design.widen,
        claim=spec.claim,
        space=spec.search_space,
    )
    end = time.monotonic() + seconds
    return power(plan, assumptions, studies=studies, seed=spec.seed % 2**32, stop=lambda: time.monotonic() > end)
