"""All planted scenarios by kind: published (A to V), collapse, shape, noise, random, plain."""

from __future__ import annotations

from functools import cache
from typing import Protocol

from studies.calibration.collapse_scenarios import collapse_scenarios
from studies.calibration.landscapes import SCENARIOS, Scenario
from studies.calibration.noise_scenarios import noise_scenarios
from studies.calibration.plain_scenarios import plain_scenarios
from studies.calibration.random_scenarios import random_scenarios
from studies.calibration.shape_scenarios import shape_scenarios

KINDS = ("published", "collapse", "shape", "noise", "random", "plain")


class Planted(Protocol):
    """A scenario: one landscape, or one for each study."""

    @property
    def key(self) -> str:
        """Short name, unique."""
        ...

    @property
    def text(self) -> str:
        """The truth in words."""
        ...

    @property
    def kind(self) -> str:
        """One of KINDS."""
        ...

    @property
    def twin(self) -> str:
        """Key of the scenario without what is planted on top; "" where there is none."""
        ...

    @property
    def stream(self) -> int:
        """Seed of the scenario's random numbers, equal for twins."""
        ...

    def study(self, seed: int, number: int) -> Scenario:
        """The landscape of one simulated study."""
        ...


@cache
def every_scenario() -> dict[str, Planted]:
    """All scenarios by key, in the order of KINDS."""
    kinds = (collapse_scenarios(), shape_scenarios(), noise_scenarios(), random_scenarios(), plain_scenarios())
    found: dict[str, Planted] = dict(SCENARIOS)
    for kind in kinds:
        found.update(kind)
    return found


def of_kind(kind: str) -> dict[str, Planted]:
    """The scenarios of one kind by key; collapses bring the scenarios without them."""
    found = {key: scenario for key, scenario in every_scenario().items() if scenario.kind == kind}
    twins = dict.fromkeys(scenario.twin for scenario in found.values() if scenario.twin)
    return {**{key: every_scenario()[key] for key in twins}, **found}
