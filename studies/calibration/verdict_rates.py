"""Rates of right and wrong verdicts: simulated studies of planted landscapes, judged and counted.

A false verdict is counted against the planted truth: supported while the optimum lies outside N or the claim loses more
than the margin, refuted while it lies inside and the claim loses no more than the margin. The margin is the study's
own, from its measured sigma.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from studies.calibration.box_hunter import box_hunter_p_values
from studies.calibration.landscapes import Scenario
from studies.calibration.shares import upper_bound
from studies.calibration.simulation import SHIPPED, simulate
from studies.language.spec import StudySpec
from studies.verdict.findings import gather
from studies.verdict.model import LEVEL, Evidence, Outcome, RegionMap
from studies.verdict.neighbourhood import lattice, to_fit
from studies.verdict.rows import located_rows, sample_of
from studies.verdict.rules import decide
from studies.verdict.zone import Zone, find_zone

FloatArray = NDArray[np.float64]
GRID = (61, 41)  # nodes along v and u on which areas are counted


@dataclass(frozen=True, slots=True)
class Row:
    """Counts over the simulated studies of one scenario; bounds are exact 95 % (Clopper-Pearson)."""

    scenario: str
    text: str
    studies: int
    supported: int
    refuted: int
    inconclusive: dict[str, int]  # first reason code: count
    false_supported: int
    false_refuted: int
    false_upper: float  # upper bound of the false-verdict rate
    coverage: float | None  # share of the located studies whose 95 % region holds the true optimum
    mean_pi_inside: float | None
    located: int = 0  # studies with a region
    covered: int = 0  # of these, regions that hold the true optimum
    mean_area: float | None = None  # share of the box that the region takes
    quadratic_coverage: float | None = None  # the same of Box and Hunter's quadratic region on the same runs
    quadratic_area: float | None = None


def calibrate(scenarios: Iterable[Scenario], studies: int, seed: int, *, spec: StudySpec = SHIPPED) -> list[Row]:
    """Simulate studies of each scenario and count their verdicts; deterministic by `seed`.

    Args:
        scenarios: the truths; they are held against the golden claim's neighbourhood.
        studies: how many of each.
        seed: of all draws.
        spec: the study that is simulated; default: as shipped.
    """
    return [
        tally(
            scenario,
            [_judge(scenario, simulate(scenario, _rng(scenario, seed, i), spec)) for i in range(studies)],
        )
        for scenario in scenarios
    ]


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on one simulated study, and what it is counted by."""

    outcome: Outcome
    code: str
    covered: bool | None
    pi_inside: float | None
    within_margin: bool  # whether the claim truly loses no more than the margin
    area: float | None  # share of the box that the region takes
    quadratic: tuple[bool, float] | None  # whether Box and Hunter's region covers, and its share of the box


def _rng(scenario: Scenario, seed: int, study: int) -> np.random.Generator:
    return np.random.default_rng([seed, ord(scenario.key[0]), study])


def _judge(scenario: Scenario, evidence: Evidence) -> Judged:
    evidence = replace(evidence, objective="accuracy")
    findings = gather(evidence)
    answer = decide(findings, p_support=findings.support(), p_refute=findings.refute())
    truth = np.array([[scenario.v, scenario.u]])
    within = scenario.slope <= 0.0 or scenario.claim_loss <= (findings.margin or 0.0)
    p_truth, zone = findings.location.p_at(truth), find_zone(evidence)
    covered = None if p_truth is None else bool(p_truth[0] > LEVEL and zone.contains(truth)[0])
    return Judged(
        answer.outcome,
        answer.codes[0],
        covered,
        findings.location.pi_inside,
        within,
        _area(findings.location.region),
        _quadratic(evidence, zone, truth),
    )


def _area(region: RegionMap | None) -> float | None:
    """Share of the box's nodes in the 95 % region."""
    if region is None:
        return None
    p = np.array(region.p, dtype=np.float64)  # None becomes nan, which is above nothing
    return float((p > LEVEL).mean())


def _quadratic(evidence: Evidence, zone: Zone, truth: FloatArray) -> tuple[bool, float] | None:
    """Box and Hunter's region from the same zone's runs: whether it holds the truth, and its share of the box."""
    rows = located_rows(sample_of(evidence))
    rows = rows.where(zone.contains(rows.points))
    nodes = lattice(evidence.space, *GRID)[2]
    within = nodes[zone.contains(nodes)]
    p = box_hunter_p_values(to_fit(rows.points), rows.y, to_fit(np.vstack([within, truth])))
    if p is None:
        return None
    return bool(p[-1] > LEVEL and zone.contains(truth)[0]), float((p[:-1] > LEVEL).sum() / len(nodes))


def tally(scenario: Scenario, judged: Sequence[Judged]) -> Row:
    """Count a scenario's verdicts, right and wrong by the planted truth."""
    supported = [j for j in judged if j.outcome is Outcome.SUPPORTED]
    refuted = [j for j in judged if j.outcome is Outcome.REFUTED]
    codes = [j.code for j in judged if j.outcome is Outcome.INCONCLUSIVE]
    false_supported = sum(not (scenario.is_inside and j.within_margin) for j in supported)
    false_refuted = sum(j.within_margin for j in refuted) if scenario.is_inside or scenario.slope <= 0.0 else 0
    covered = [j.covered for j in judged if j.covered is not None]
    shares = [j.pi_inside for j in judged if j.pi_inside is not None]
    return Row(
        scenario=scenario.key,
        text=scenario.text,
        studies=len(judged),
        supported=len(supported),
        refuted=len(refuted),
        inconclusive={code: codes.count(code) for code in sorted(set(codes))},
        false_supported=false_supported,
        false_refuted=false_refuted,
        false_upper=upper_bound(false_supported + false_refuted, len(judged)),
        coverage=_mean(covered),
        mean_pi_inside=_mean(shares),
        located=len(covered),
        covered=sum(covered),
        mean_area=_mean([j.area for j in judged if j.area is not None]),
        quadratic_coverage=_mean([j.quadratic[0] for j in judged if j.quadratic is not None]),
        quadratic_area=_mean([j.quadratic[1] for j in judged if j.quadratic is not None]),
    )


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
