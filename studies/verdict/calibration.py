"""Calibration: planted landscapes whose optimum is known, pushed through the whole procedure.

    z(s, u) = -(b / k^2) (e^(k x) - k x - 1) - C (u - u0)^2 / 2,   x = s - s0,   never below -3

LINEX in s, steeper on the hot side, with b = 0.35; one run has noise of deviation 0.12 (1 + min(-z, 3)). In confirm and
controls 30 % of the variance belongs to the block and is shared by its arms. Map and zoom runs are independent.
A false verdict is counted against the planted truth: supported while the optimum lies outside N, refuted while it lies
inside and the claim loses no more than the margin. References: Varian (1975) for LINEX; Clopper & Pearson (1934).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, qmc

from studies import golden
from studies.claim import Claim
from studies.coordinates import from_vu, to_vu
from studies.records import Arm, Phase, Runs
from studies.space import SearchSpace
from studies.verdict.candidates import find_candidates
from studies.verdict.decision import decide
from studies.verdict.findings import gather
from studies.verdict.neighbourhood import inside
from studies.verdict.records import Evidence, Outcome
from studies.verdict.zone import find_zone, zone_points

FloatArray = NDArray[np.float64]
STEEPNESS = 0.35  # b
NOISE = 0.12  # deviation of one run at the optimum, logit
BLOCK_SHARE = 0.3  # of the variance in confirm and controls
FLOOR = -3.0
PEAK = 3.0  # logit at the optimum: about 95 % accuracy
IMAGES = 10_000_000  # test images per run: the planted noise, not the binomial, is what is seen
BAD_RUN_SIGMAS = 6.0
MATES, FOLKLORE = (0.0, 0.97), (0.01, 0.9)
GOLDEN_V, GOLDEN_U = math.log(golden.ETA), -math.log1p(-golden.ALPHA)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A planted landscape: its optimum in (v, u), curvature along the ridge, sharpness of the cliff, bad runs."""

    key: str
    text: str
    v: float
    u: float
    curvature: float
    sharpness: float = 0.8  # k
    bad_runs: float = 0.0  # share of runs that end 6 sigma lower
    slope: float = STEEPNESS  # b

    def height(self, v: FloatArray, u: FloatArray) -> FloatArray:
        """Expected response minus the optimum's, logit, within [-3, 0]."""
        x, k = (v + u) - (self.v + self.u), self.sharpness
        across = self.slope / k**2 * (np.exp(np.minimum(k * x, 50.0)) - k * x - 1.0)
        return np.asarray(np.maximum(-across - 0.5 * self.curvature * (u - self.u) ** 2, FLOOR), dtype=np.float64)

    @property
    def is_inside(self) -> bool:
        """Whether the optimum lies in the golden claim's neighbourhood (a flat landscape has none)."""
        return self.slope > 0.0 and bool(inside(Claim(), np.array([[self.v, self.u]]))[0])


def _at(key: str, text: str, eta: float, alpha: float, curvature: float, sharpness: float = 0.8) -> Scenario:
    v, u = to_vu(eta, alpha)
    return Scenario(key, text, float(v), float(u), curvature, sharpness)


SCENARIOS: dict[str, Scenario] = {
    scenario.key: scenario
    for scenario in (
        Scenario("A", "golden, curved ridge", GOLDEN_V, GOLDEN_U, 0.2),
        Scenario("B", "golden, flat ridge", GOLDEN_V, GOLDEN_U, 0.005),
        _at("C", "at (0.01, 0.9)", *FOLKLORE, 0.2),
        Scenario("D", "just outside N", GOLDEN_V + 1.0, GOLDEN_U - 1.0, 0.2),
        Scenario("E", "effective rate x 4.5", GOLDEN_V + math.log(4.5), GOLDEN_U, 0.2),
        _at("F", "alpha 0.97, same ridge", golden.ridge_mate(0.97), 0.97, 0.2),
        _at("G", "near-flat ridge, optimum at alpha 0", golden.ridge_mate(0.0), 0.0, 0.02),
        Scenario("H", "golden, cliff", GOLDEN_V, GOLDEN_U, 0.2, sharpness=2.5),
        Scenario("I", "cliff, outside N", GOLDEN_V + 1.0, GOLDEN_U - 1.0, 0.2, sharpness=2.5),
        Scenario("J", "no signal", GOLDEN_V, GOLDEN_U, 0.0, slope=0.0),
        Scenario("K", "golden, 5 % bad runs", GOLDEN_V, GOLDEN_U, 0.2, bad_runs=0.05),
        Scenario("L", "outside N, 5 % bad runs", GOLDEN_V + 1.0, GOLDEN_U - 1.0, 0.2, bad_runs=0.05),
    )
}


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
    coverage: float | None  # share of studies whose 95 % region holds the true optimum
    mean_pi_inside: float | None


def simulate_study(
    scenario: Scenario, rng: np.random.Generator, *, map_points: int = 64, zoom_points: int = 128, blocks: int = 30
) -> Evidence:
    """A complete sweep of the locate design on a planted landscape: map, zoom, confirm and controls.

    Args:
        scenario: the truth.
        rng: draws designs, noise and seeds.
        map_points, zoom_points, blocks: sizes of the phases; 8 claim replicates are added to the map.
    """
    space, claim = SearchSpace(), Claim()
    box = np.array([space.v_bounds, space.u_bounds])
    unit = qmc.Sobol(d=2, scramble=True, rng=rng).random_base2(int(np.ceil(np.log2(map_points))))[:map_points]
    points = box[:, 0] + unit * (box[:, 1] - box[:, 0])
    points = np.vstack([points, np.tile([GOLDEN_V, GOLDEN_U], (8, 1))])
    arms = [Arm.POINT] * map_points + [Arm.CLAIM] * 8
    evidence = _evidence(claim, space, _trials(scenario, rng, points, Phase.MAP, arms), int(rng.integers(2**32)))
    if zoom_points:
        eta, alpha = zone_points(evidence, zoom_points, int(rng.integers(2**32)))
        zoom = np.column_stack(to_vu(eta, alpha))
        evidence = _joined(evidence, _trials(scenario, rng, zoom, Phase.ZOOM, [Arm.POINT] * zoom_points))
    return _joined(evidence, _confirm(scenario, rng, evidence, blocks)) if blocks else evidence


def _trials(
    scenario: Scenario, rng: np.random.Generator, points: FloatArray, phase: Phase, arms: Sequence[str]
) -> Runs:
    height = scenario.height(points[:, 0], points[:, 1])
    noise = NOISE * (1.0 + np.minimum(-height, 3.0)) * rng.standard_normal(len(points))
    return _runs(
        points, height + noise + _bad(scenario, rng, len(points)), phase, arms, np.zeros(len(points), np.int64)
    )


def _confirm(scenario: Scenario, rng: np.random.Generator, evidence: Evidence, blocks: int) -> Runs:
    found = find_candidates(evidence)
    rival = (Arm.OUTSIDE, found.outside) if found.best == found.inside else (Arm.INSIDE, found.inside)
    confirm = [(Arm.CLAIM, golden.ETA, golden.ALPHA), (Arm.BEST, found.best.eta, found.best.alpha)]
    confirm.append((rival[0], rival[1].eta, rival[1].alpha))
    controls = [(f"mate:{alpha:g}", golden.ridge_mate(alpha), alpha) for alpha in MATES]
    arms = [*confirm, *controls, (Arm.DEFAULT, *FOLKLORE)]
    points = np.column_stack(to_vu([eta for _, eta, _ in arms], [alpha for _, _, alpha in arms]))
    height = scenario.height(points[:, 0], points[:, 1])
    shared = rng.standard_normal((blocks, 1)) * math.sqrt(BLOCK_SHARE)
    own = rng.standard_normal((blocks, len(arms))) * math.sqrt(1.0 - BLOCK_SHARE)
    y = height + NOISE * (1.0 + np.minimum(-height, 3.0)) * (shared + own)
    y = y.ravel() + _bad(scenario, rng, y.size)
    phases = [Phase.CONFIRM] * len(confirm) + [Phase.CONTROLS] * (len(arms) - len(confirm))
    runs = _runs(
        np.tile(points, (blocks, 1)),
        y,
        Phase.CONFIRM,
        [arm for arm, _, _ in arms] * blocks,
        np.repeat(np.arange(blocks), len(arms)) + 10_000,
    )
    return replace(runs, phase=np.array([phase.value for phase in phases] * blocks))


def _bad(scenario: Scenario, rng: np.random.Generator, count: int) -> FloatArray:
    return np.where(rng.random(count) < scenario.bad_runs, -BAD_RUN_SIGMAS * NOISE, 0.0)


def _runs(points: FloatArray, y: FloatArray, phase: Phase, arms: Sequence[str], blocks: NDArray[np.int64]) -> Runs:
    count = len(y)
    eta, alpha = from_vu(points[:, 0], points[:, 1])
    accuracy = 1.0 / (1.0 + np.exp(-(y + PEAK)))
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
        diverged=np.zeros(count, dtype=np.bool_),
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
        classes=10,
        epochs=30,
        runs=runs,
        planned_runs=len(runs),
        failed_runs=0,
        phases_done=tuple(dict.fromkeys(runs.phase.tolist())),
        fixed_design=True,
        seed=seed,
    )


def calibrate(
    scenarios: Iterable[Scenario],
    studies: int,
    seed: int,
    *,
    map_points: int = 64,
    zoom_points: int = 128,
    blocks: int = 30,
) -> list[Row]:
    """Simulate studies of each scenario and count what the procedure answers; deterministic by `seed`."""
    return [
        _count(
            scenario,
            [
                _judge(
                    scenario, np.random.default_rng([seed, ord(scenario.key[0]), i]), (map_points, zoom_points, blocks)
                )
                for i in range(studies)
            ],
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


def _judge(scenario: Scenario, rng: np.random.Generator, sizes: tuple[int, int, int]) -> Judged:
    map_points, zoom_points, blocks = sizes
    evidence = simulate_study(scenario, rng, map_points=map_points, zoom_points=zoom_points, blocks=blocks)
    findings = gather(evidence, "accuracy")
    answer = decide(findings, p_support=findings.support(), p_refute=findings.refute())
    truth = np.array([[scenario.v, scenario.u]])
    loss = -float(scenario.height(np.array([GOLDEN_V]), np.array([GOLDEN_U]))[0])
    within = scenario.slope <= 0.0 or loss <= (findings.margin or 0.0)
    p_truth = findings.location.p_at(truth)
    covered = None if p_truth is None else bool(p_truth[0] > 0.05 and find_zone(evidence).contains(truth)[0])
    return Judged(answer.outcome, answer.codes[0], covered, findings.location.pi_inside, within)


def _count(scenario: Scenario, judged: Sequence[Judged]) -> Row:
    supported = [j for j in judged if j.outcome is Outcome.SUPPORTED]
    refuted = [j for j in judged if j.outcome is Outcome.REFUTED]
    codes = [j.code for j in judged if j.outcome is Outcome.INCONCLUSIVE]
    false_supported = 0 if scenario.is_inside else len(supported)
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
        coverage=float(np.mean(covered)) if covered else None,
        mean_pi_inside=float(np.mean(shares)) if shares else None,
    )


def upper_bound(count: int, trials: int, confidence: float = 0.95) -> float:
    """Exact one-sided upper confidence bound of a binomial share (Clopper & Pearson 1934)."""
    if trials == 0 or count >= trials:
        return 1.0
    return float(beta.ppf(confidence, count + 1, trials - count))
