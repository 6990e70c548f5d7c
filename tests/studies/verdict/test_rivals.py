"""Further points to run: those that the whole location would name, found without its tests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studies.calibration.judging import generator
from studies.calibration.scenarios import every_scenario
from studies.calibration.simulation import shipped, simulate
from studies.language.phases import PAIRED_PHASES
from studies.verdict import location, rivals
from studies.verdict.location import Location, locate
from studies.verdict.model import Evidence
from studies.verdict.rivals import further_points
from studies.verdict.rows import Sample, sample_of


def located(key: str) -> Evidence:
    """Map and zoom of one simulated study."""
    scenario = every_scenario()[key]
    evidence = simulate(scenario.study(5, 0), generator(scenario, 5, 0), shipped(5, confirm_blocks=2))
    paired = np.isin(evidence.runs.phase, PAIRED_PHASES)
    return replace(evidence, runs=evidence.runs.where(~paired))


@pytest.mark.parametrize("key", ["A", "tie"])
def test_they_are_those_of_the_whole_location(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    evidence = located(key)
    quick = further_points(evidence)
    calls: list[int] = []

    def whole(sample: Sample, *, seed: int) -> Location:
        calls.append(seed)
        return locate(sample, rng=np.random.default_rng(seed))

    monkeypatch.setattr(rivals, "outlook", whole)
    assert further_points(evidence) == quick
    assert calls == [evidence.seed] and quick[0] is not None


def test_tests_are_made_where_the_process_does_not_admit_its_highest_place(monkeypatch: pytest.MonkeyPatch) -> None:
    evidence = located("A")
    expected = locate(sample_of(evidence), rng=np.random.default_rng(evidence.seed))
    quick = location.outlook(sample_of(evidence), seed=evidence.seed)
    assert quick.surface is None and quick.eta.estimate == expected.eta.estimate
    monkeypatch.setattr(location, "LEVEL", 2.0)  # no p-value is above it
    monkeypatch.setattr(location, "locate", lambda sample, *, rng: expected)
    assert location.outlook(sample_of(evidence), seed=evidence.seed) is expected
