from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studies.calibration.landscapes import SCENARIOS
from studies.calibration.simulation import shipped, simulate
from studies.coordinates import to_vu
from studies.verdict.candidates import find_candidates, fit_zone
from studies.verdict.local_share import is_calm
from studies.verdict.model import Evidence
from studies.verdict.neighbourhood import lattice
from studies.verdict.rows import located_rows, sample_of
from studies.verdict.zone import zone_of


@pytest.fixture(scope="module")
def study() -> Evidence:
    """Map and zoom of scenario A, to be planned on by analysis 5."""
    return replace(simulate(SCENARIOS["A"], np.random.default_rng(9), shipped(4)), analysis=5)


def _failing(evidence: Evidence, chance: object) -> Evidence:
    hit = np.random.default_rng(1).random(len(evidence.runs)) < chance
    return replace(evidence, runs=replace(evidence.runs, diverged=hit))


def _calm(evidence: Evidence) -> tuple[np.ndarray, np.ndarray]:
    sample = sample_of(evidence)
    zone = zone_of(sample)
    nodes = lattice(evidence.space, 61, 41)[2]
    nodes = nodes[zone.contains(nodes)]
    return nodes, is_calm(sample, zone, fit_zone(located_rows(sample), zone), nodes)


def test_everywhere_is_calm_where_nothing_fails(study: Evidence) -> None:
    assert _calm(study)[1].all()


def test_failures_that_are_as_frequent_everywhere_bar_hardly_a_place(study: Evidence) -> None:
    assert _calm(_failing(study, 0.06))[1].mean() > 0.9


def test_a_place_where_half_of_the_runs_fail_is_barred(study: Evidence) -> None:
    v, u = to_vu(study.runs.eta, study.runs.alpha)
    edge = v + u > -2.0
    nodes, calm = _calm(_failing(study, np.where(edge, 0.5, 0.0)))
    hot = nodes.sum(axis=1)
    assert calm[hot > -1.7].mean() < 0.1
    assert calm[hot < -2.4].mean() > 0.9


def test_the_best_candidate_keeps_away_from_the_edge(study: Evidence) -> None:
    v, u = to_vu(study.runs.eta, study.runs.alpha)
    best = find_candidates(_failing(study, np.where(v + u > -2.07, 0.6, 0.0))).best
    plain = find_candidates(study).best
    assert np.log(best.eta / (1 - best.alpha)) < -2.0
    assert np.log(plain.eta / (1 - plain.alpha)) > -2.3
