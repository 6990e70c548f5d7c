"""Simulated studies judged: the verdict on each, its region, margin and size, beside the truth."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from studies.calibration.box_hunter import box_hunter_p_values
from studies.calibration.landscapes import Scenario
from studies.calibration.scenarios import Planted
from studies.calibration.simulation import SHIPPED, simulate
from studies.calibration.truth import Truth, truth_of
from studies.language.spec import StudySpec
from studies.verdict.answers import Answer, Answers
from studies.verdict.decide import decide_sweep
from studies.verdict.findings import Findings, gather
from studies.verdict.location import Location
from studies.verdict.model import LEVEL, Evidence, Outcome
from studies.verdict.neighbourhood import lattice
from studies.verdict.rows import located_rows, sample_of
from studies.verdict.rules import decide
from studies.verdict.zone import Zone, zone_of

FloatArray = NDArray[np.float64]
GRID = (61, 41)  # nodes along v and u on which areas are counted
REACH = 0.5 + 1e-6  # of a cell: a place within it of a region's node is held by the region


@dataclass(frozen=True, slots=True)
class Said:
    """The statements of analysis 5 on one study."""

    as_good: Answer
    there: Answer
    matters: Answer
    collapse_refutes: bool
    collapse_hinders: bool
    share_held: bool | None  # whether the interval of the good share holds the true one

    def answer(self, statement: str) -> Answer:
        """The answer to a statement by its name."""
        return Answer(getattr(self, statement))


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on one simulated study, and what it is counted by."""

    outcome: Outcome
    code: str
    truth: Truth
    margin: float | None = None  # the study's own
    held: int | None = None  # true tops that the 95 % region holds; None without a region
    area: float | None = None  # share of the box that the region takes
    pi_inside: float | None = None
    quadratic: tuple[bool, float] | None = None  # whether Box and Hunter's region covers, and its share of the box
    runs: int = 0  # trainings used
    said: Said | None = None  # None under analysis 4


def generator(scenario: Planted, seed: int, study: int) -> np.random.Generator:
    """Generator of one simulated study's draws; the same for twins."""
    return np.random.default_rng([seed, scenario.stream, study])


def judged(scenario: Planted, seed: int, study: int, spec: StudySpec = SHIPPED) -> Judged:
    """Simulate and judge one study of a scenario; deterministic by seed and study number."""
    landscape = scenario.study(seed, study)
    return judge(landscape, simulate(landscape, generator(scenario, seed, study), spec))


def judge(scenario: Scenario, evidence: Evidence) -> Judged:
    """The verdict on simulated evidence, by the evidence's analysis, beside the truth in its box."""
    evidence = replace(evidence, objective="accuracy")
    truth, findings = truth_of(scenario, evidence.claim, evidence.space), gather(evidence)
    outcome, code, answers = verdict_on(findings)
    zone, places = zone_of(findings.sample), np.array(truth.places)
    return Judged(
        outcome=outcome,
        code=code,
        truth=truth,
        margin=findings.margin,
        held=_held(findings.location, evidence, zone, places),
        area=_area(findings.location),
        pi_inside=findings.location.pi_inside,
        quadratic=None if evidence.method.union_region else _quadratic(evidence, zone, places),
        runs=len(evidence.runs),
        said=None if answers is None else _said(answers, truth),
    )


def verdict_on(findings: Findings) -> tuple[Outcome, str, Answers | None]:
    """Outcome, first reason code and answers (None under analysis 4) of one sweep, taken alone at the claim's level."""
    if findings.evidence.method.statements:
        verdict = decide_sweep(findings.evidence)
        return verdict.outcome, verdict.reasons[0].code, verdict.answers
    decision = decide(findings, p_support=findings.support(), p_refute=findings.refute())
    return decision.outcome, decision.codes[0], None


def _said(answers: Answers, truth: Truth) -> Said:
    statements = answers.statements
    low, high = statements.matters.low, statements.matters.high
    known = low is not None and high is not None
    return Said(
        as_good=statements.as_good.answer,
        there=statements.there.answer,
        matters=statements.matters.answer,
        collapse_refutes=answers.collapse.refutes,
        collapse_hinders=answers.collapse.hinders,
        share_held=low <= truth.good_share <= high if known and low is not None and high is not None else None,
    )


def _held(location: Location, evidence: Evidence, zone: Zone, places: FloatArray) -> int | None:
    """True tops in the 95 % region: by the p-value there, or by the region's nodes where it joins two methods."""
    nodes = _nodes(location)
    if nodes is not None and evidence.method.union_region:
        step = _steps(location)
        return sum(bool((np.abs(nodes - place) <= REACH * step).all(axis=1).any()) for place in places)
    p = location.p_at(places)
    return None if p is None else int(((p > LEVEL) & zone.contains(places)).sum())


def _area(location: Location) -> float | None:
    """Share of the box's nodes in the 95 % region."""
    nodes, region = _nodes(location), location.region
    if nodes is None or region is None:
        return None
    cells = np.rint((nodes - (region.v[0], region.u[0])) / _steps(location))
    return len(np.unique(cells, axis=0)) / (len(region.v) * len(region.u))


def _nodes(location: Location) -> FloatArray | None:
    """Members (m, 2) of the 95 % region in (v, u); None without a region."""
    if location.region_nodes is not None or location.region is None:
        return location.region_nodes
    rows, columns = np.nonzero(np.array(location.region.p, dtype=np.float64) > LEVEL)  # None becomes nan
    return np.column_stack([np.array(location.region.v)[columns], np.array(location.region.u)[rows]])


def _steps(location: Location) -> FloatArray:
    """Distances of neighbouring nodes along v and u, shape (2,)."""
    region = location.region
    assert region is not None
    return np.array([region.v[1] - region.v[0], region.u[1] - region.u[0]])


def _quadratic(evidence: Evidence, zone: Zone, places: FloatArray) -> tuple[bool, float] | None:
    """Box and Hunter's region from the zone's runs: whether it holds the first top, and its share of the box."""
    rows = located_rows(sample_of(evidence))
    rows = rows.where(zone.contains(rows.points))
    nodes, to_fit = lattice(evidence.space, *GRID)[2], evidence.space.axes.to_fit
    within = nodes[zone.contains(nodes)]
    p = box_hunter_p_values(to_fit(rows.points), rows.y, to_fit(np.vstack([within, places[:1]])))
    if p is None:
        return None
    return bool(p[-1] > LEVEL and zone.contains(places[:1])[0]), float((p[:-1] > LEVEL).sum() / len(nodes))
