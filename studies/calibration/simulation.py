"""Calibration: planted landscapes whose optimum is known (`landscapes`), pushed through the whole procedure.

In confirm and controls 30 % of the variance belongs to the block and is shared by its arms. Map and zoom runs are
independent. A false verdict is counted against the planted truth: supported while the optimum lies outside N or the
claim loses more than the margin, refuted while it lies inside and the claim loses no more than the margin; the margin
is the study's own, from its measured sigma. Reference: Clopper & Pearson (1934) for the bounds.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, qmc

from studies.calibration.box_hunter import box_hunter_p_values
from studies.calibration.landscapes import NOISE, Scenario
from studies.coordinates import from_vu, to_vu
from studies.language.claim import Claim
from studies.language.design import LocateDesign
from studies.language.space import SearchSpace
from studies.records import PAIRED_PHASES, Arm, Phase, Runs
from studies.verdict.candidates import control_arms, find_candidates
from studies.verdict.findings import gather
from studies.verdict.neighbourhood import centre, lattice, to_fit
from studies.verdict.records import Evidence, Outcome, RegionMap
from studies.verdict.rows import located_rows, sample_of
from studies.verdict.rules import decide
from studies.verdict.widening import strip_points, widened
from studies.verdict.zone import Zone, find_zone, zone_points

FloatArray = NDArray[np.float64]
BLOCK_SHARE = 0.3  # of the variance in confirm and controls
PEAK = 3.0  # logit at the optimum: about 95 % accuracy
IMAGES = 10_000_000  # test images per run: the planted noise, not the binomial, is what is seen
BAD_RUN_SIGMAS = 6.0
CLASSES = 10
LEVEL = 0.05
GRID = (61, 41)  # nodes along v and u on which areas are counted
SHIPPED = LocateDesign()  # what a study takes that says nothing of its design


@dataclass(frozen=True, slots=True)
class Row:
    """What happened to `studies` simulated studies of one scenario; bounds are exact 95 % (Clopper-Pearson)."""

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


@dataclass(frozen=True, slots=True)
class Plan:
    """A locate design with its claim and box, all by default as shipped."""

    map_points: int = SHIPPED.map_points
    claim_replicates: int = SHIPPED.claim_replicates
    zoom_points: int = SHIPPED.zoom_points
    blocks: int = SHIPPED.confirm_blocks
    mates: tuple[float, ...] = tuple(SHIPPED.mates)
    folklore: bool = SHIPPED.folklore
    widen: bool = SHIPPED.widen
    opposite: bool = bool(SHIPPED.opposite)
    claim: Claim = field(default_factory=Claim)
    space: SearchSpace = field(default_factory=SearchSpace)

    @classmethod
    def of(cls, design: LocateDesign, claim: Claim, space: SearchSpace) -> Self:
        """The plan of a study's own design."""
        return cls(
            map_points=design.map_points,
            claim_replicates=design.claim_replicates,
            zoom_points=design.zoom_points,
            blocks=design.confirm_blocks,
            mates=tuple(design.mates),
            folklore=design.folklore,
            widen=design.widen,
            opposite=bool(design.opposite),
            claim=claim,
            space=space,
        )


def simulate_study(
    scenario: Scenario,
    rng: np.random.Generator,
    *,
    map_points: int = SHIPPED.map_points,
    zoom_points: int = SHIPPED.zoom_points,
    blocks: int = SHIPPED.confirm_blocks,
) -> Evidence:
    """A complete sweep of the default locate design on a planted landscape: map, zoom, confirm and controls.

    Args:
        scenario: the truth.
        rng: draws designs, noise and seeds.
        map_points, zoom_points, blocks: sizes of the phases; the claim's replicates are added to the map.
    """
    return simulate_plan(scenario, rng, Plan(map_points=map_points, zoom_points=zoom_points, blocks=blocks))


def simulate_plan(scenario: Scenario, rng: np.random.Generator, plan: Plan) -> Evidence:
    """The same for a design, claim and box of one's own."""
    return next(simulate_looks(scenario, rng, plan))


def simulate_looks(scenario: Scenario, rng: np.random.Generator, plan: Plan) -> Iterator[Evidence]:
    """The same study look after look, without end: zoom points and paired blocks doubled each time, the arms kept."""
    evidence, zoom_seed = _located(scenario, rng, plan)
    evidence = _joined(evidence, _confirm(scenario, rng, evidence, plan)) if plan.blocks else evidence
    for look in itertools.count(2):
        yield evidence
        times = 2 ** (look - 2)  # what the looks before have, in designs
        if plan.zoom_points:
            more = _zoom(
                scenario, rng, evidence, zoom_seed, first=times * plan.zoom_points, end=2 * times * plan.zoom_points
            )
            evidence = _joined(evidence, more)
        if plan.blocks:
            first = times * plan.blocks
            evidence = _joined(evidence, _paired(scenario, rng, _arms(evidence), first=first, blocks=first))
        evidence = replace(evidence, looks=look)


def _located(scenario: Scenario, rng: np.random.Generator, plan: Plan) -> tuple[Evidence, int]:
    """Map and zoom, and the seed of the zoom's sequence."""
    count, space, claim = plan.map_points, plan.space, plan.claim
    box = np.array([space.v_bounds, space.u_bounds])
    unit = qmc.Sobol(d=2, scramble=True, rng=rng).random_base2(int(np.ceil(np.log2(count))))[:count]
    points = box[:, 0] + unit * (box[:, 1] - box[:, 0])
    points = np.vstack([points, np.tile(centre(claim), (plan.claim_replicates, 1))])
    arms = [Arm.POINT] * count + [Arm.CLAIM] * plan.claim_replicates
    evidence = _evidence(claim, space, _trials(scenario, rng, points, Phase.MAP, arms), int(rng.integers(2**32)))
    evidence = _widened(scenario, rng, evidence, plan)
    if not plan.zoom_points:
        return evidence, 0
    seed = int(rng.integers(2**32))
    evidence = _joined(evidence, _zoom(scenario, rng, evidence, seed, first=0, end=plan.zoom_points))
    return _widened(scenario, rng, evidence, plan), seed


def _zoom(scenario: Scenario, rng: np.random.Generator, evidence: Evidence, seed: int, *, first: int, end: int) -> Runs:
    """Runs at the points `first` to `end` of the zoom's sequence."""
    zoom = np.column_stack(to_vu(*zone_points(evidence, end, seed)))[first:]
    return _trials(scenario, rng, zoom, Phase.ZOOM, [Arm.POINT] * len(zoom))


def _arms(evidence: Evidence) -> list[tuple[str, float, float]]:
    """(arm, eta, alpha) of the first confirmation and its controls, in order."""
    paired = evidence.runs.where(np.isin(evidence.runs.phase, PAIRED_PHASES))
    return list(dict.fromkeys(zip(paired.arm.tolist(), paired.eta.tolist(), paired.alpha.tolist(), strict=True)))


def _widened(scenario: Scenario, rng: np.random.Generator, evidence: Evidence, plan: Plan) -> Evidence:
    wider = widened(evidence) if plan.widen else None
    if wider is None:
        return evidence
    sizes = {"map_points": plan.map_points, "zoom_points": plan.zoom_points}
    eta, alpha = strip_points(evidence, wider, **sizes, seed=int(rng.integers(2**32)))
    strip = np.column_stack(to_vu(eta, alpha))
    runs = _trials(scenario, rng, strip, Phase.WIDEN, [Arm.POINT] * len(strip))
    return _joined(replace(evidence, space=wider), runs)


def _trials(
    scenario: Scenario, rng: np.random.Generator, points: FloatArray, phase: Phase, arms: Sequence[str]
) -> Runs:
    height = scenario.height(points[:, 0], points[:, 1])
    noise = scenario.noise(height) * rng.standard_normal(len(points))
    y = height + noise + _bad(scenario, rng, len(points))
    return _runs(scenario, points, y, phase, arms, np.zeros(len(points), np.int64))


def _confirm(scenario: Scenario, rng: np.random.Generator, evidence: Evidence, plan: Plan) -> Runs:
    found, claim = find_candidates(evidence), plan.claim
    beside = [*found.arms(opposite=plan.opposite), *control_arms(plan.mates, folklore=plan.folklore)]
    arms = [(Arm.CLAIM, claim.eta, claim.alpha), *((arm, point.eta, point.alpha) for arm, point in beside)]
    return _paired(scenario, rng, arms, first=0, blocks=plan.blocks)


def _paired(
    scenario: Scenario, rng: np.random.Generator, arms: Sequence[tuple[str, float, float]], *, first: int, blocks: int
) -> Runs:
    """Blocks of paired runs, numbered from `first`: (arm, eta, alpha) each."""
    points = np.column_stack(to_vu([eta for _, eta, _ in arms], [alpha for _, _, alpha in arms]))
    height = scenario.height(points[:, 0], points[:, 1])
    shared = rng.standard_normal((blocks, 1)) * math.sqrt(BLOCK_SHARE)
    own = rng.standard_normal((blocks, len(arms))) * math.sqrt(1.0 - BLOCK_SHARE)
    y = height + scenario.noise(height) * (shared + own)
    y = y.ravel() + _bad(scenario, rng, y.size)
    controls = [arm == Arm.DEFAULT or arm.startswith("mate:") for arm, _, _ in arms]
    phases = [Phase.CONTROLS if control else Phase.CONFIRM for control in controls]
    runs = _runs(
        scenario,
        np.tile(points, (blocks, 1)),
        y,
        Phase.CONFIRM,
        [arm for arm, _, _ in arms] * blocks,
        np.repeat(np.arange(first, first + blocks), len(arms)) + 10_000,
    )
    return replace(runs, phase=np.array([phase.value for phase in phases] * blocks))


def _bad(scenario: Scenario, rng: np.random.Generator, count: int) -> FloatArray:
    return np.where(rng.random(count) < scenario.bad_runs, -BAD_RUN_SIGMAS * NOISE, 0.0)


def _runs(
    scenario: Scenario,
    points: FloatArray,
    y: FloatArray,
    phase: Phase,
    arms: Sequence[str],
    blocks: NDArray[np.int64],
) -> Runs:
    count = len(y)
    eta, alpha = from_vu(points[:, 0], points[:, 1])
    diverged = scenario.diverged(points[:, 0], points[:, 1])
    accuracy = np.where(diverged, 1.0 / CLASSES, 1.0 / (1.0 + np.exp(-(y + PEAK))))
    correct = np.clip(np.rint(accuracy * IMAGES), 0, IMAGES).astype(np.int64)
    return Runs(
        trial=np.arange(count),
        run=np.zeros(count, dtype=np.int64),
        phase=np.array([phase.value] * count),
        arm=np.array([str(arm) for arm in arms]),
        block=blocks,
        eta=eta,
        alpha=np.maximum(alpha, 0.0),
        n_test=np.full(count, IMAGES),
        correct=correct,
        accuracy=correct / IMAGES,
        error=1.0 - correct / IMAGES,
        cross_entropy=np.exp(-y),
        own_loss=np.exp(-y),
        loss_area=np.exp(-y),
        epochs_to_target=np.full(count, np.nan),
        diverged=diverged,
    )


def _joined(evidence: Evidence, more: Runs) -> Evidence:
    old = evidence.runs
    columns = {name: np.concatenate([getattr(old, name), getattr(more, name)]) for name in Runs.__slots__}
    columns["trial"] = np.arange(len(columns["trial"]))
    return _evidence(evidence.claim, evidence.space, Runs(**columns), evidence.seed)


def _evidence(claim: Claim, space: SearchSpace, runs: Runs, seed: int) -> Evidence:
    return Evidence(
        sweep="golden@planted",
        loss="golden",
        context="planted",
        claim=claim,
        space=space,
        classes=CLASSES,
        epochs=30,
        runs=runs,
        planned_runs=len(runs),
        failed_runs=0,
        phases_done=tuple(dict.fromkeys(runs.phase.tolist())),
        fixed_design=True,
        seed=seed,
    )


def calibrate(scenarios: Iterable[Scenario], studies: int, seed: int, *, plan: Plan | None = None) -> list[Row]:
    """Simulate studies of each scenario and count what the procedure answers; deterministic by `seed`.

    Args:
        scenarios: the truths; they are held against the golden claim's neighbourhood.
        studies: how many of each.
        seed: of all draws.
        plan: the design that they follow; None: as shipped.
    """
    chosen = Plan() if plan is None else plan
    return [
        tally(
            scenario,
            [_judge(scenario, np.random.default_rng([seed, ord(scenario.key[0]), i]), chosen) for i in range(studies)],
        )
        for scenario in scenarios
    ]


@dataclass(frozen=True, slots=True)
class Judged:
    """One simulated study's answer."""

    outcome: Outcome
    code: str
    covered: bool | None
    pi_inside: float | None
    within_margin: bool  # whether the claim truly loses no more than the margin
    area: float | None  # share of the box that the region takes
    quadratic: tuple[bool, float] | None  # whether Box and Hunter's region covers, and its share of the box


def _judge(scenario: Scenario, rng: np.random.Generator, plan: Plan) -> Judged:
    evidence = simulate_plan(scenario, rng, plan)
    findings = gather(replace(evidence, objective="accuracy"))
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
    rows = located_rows(sample_of(replace(evidence, objective="accuracy")))
    rows = rows.where(zone.contains(rows.points))
    nodes = lattice(evidence.space, *GRID)[2]
    within = nodes[zone.contains(nodes)]
    p = box_hunter_p_values(to_fit(rows.points), rows.y, to_fit(np.vstack([within, truth])))
    if p is None:
        return None
    return bool(p[-1] > LEVEL and zone.contains(truth)[0]), float((p[:-1] > LEVEL).sum() / len(nodes))


def tally(scenario: Scenario, judged: Sequence[Judged]) -> Row:
    """Sum up what a scenario's studies came to, right and wrong by the planted truth."""
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


def upper_bound(count: int, trials: int, confidence: float = 0.95) -> float:
    """Exact one-sided upper confidence bound of a binomial share (Clopper & Pearson 1934)."""
    if trials == 0 or count >= trials:
        return 1.0
    return float(beta.ppf(confidence, count + 1, trials - count))
