"""Results of trials on a planted landscape, in place of trainings.

Noise: in confirm and controls 30 % of a run's variance belongs to its block and is shared by the block's arms; all
other runs are independent. Effects of blocks beyond that, collapse and divergence are the scenario's. What a scenario
plants on top is drawn from generators of its own, by study seed and block, so that twins share all other draws.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studies.calibration.landscapes import IMAGES, NOISE, Scenario
from studies.language.phases import PAIRED_PHASES
from studies.late_scipy import norm
from studies.late_scipy import t as student
from studies.records import Cause, Runs, TrialPlan

FloatArray = NDArray[np.float64]
BLOCK_SHARE = 0.3  # of the variance in confirm and controls
PEAK = 3.0  # logit at the optimum: about 95 % accuracy
BAD_RUN_SIGMAS = 6.0
CLASSES = 10
_FATES, _EFFECTS = 1, 2  # streams of a scenario's own draws


def measure(scenario: Scenario, rng: np.random.Generator, plans: Sequence[TrialPlan], *, seed: int = 0) -> Runs:
    """Planted results of these trials, one row per replicate, trials numbered from 0.

    Args:
        scenario: the truth.
        rng: draws the noise.
        plans: trials with points of their own.
        seed: the study's; seeds block effects, collapse and the images that are guessed.
    """
    rows = [(number, run, plan) for number, plan in enumerate(plans) for run in range(len(plan.replicates))]
    eta = np.array([plan.eta for *_, plan in rows], dtype=np.float64)
    alpha = np.array([plan.alpha for *_, plan in rows], dtype=np.float64)
    phase = np.array([plan.phase.value for *_, plan in rows])
    block = np.array([plan.block for *_, plan in rows], dtype=np.int64)
    v, u = scenario.axes.coordinates(eta, alpha)
    height = scenario.height(v, u)
    noise = _tailed(_noise(rng, phase, block), scenario.tails)
    y = height + scenario.noise(height) * noise + _bad(scenario, rng, len(rows))
    own = np.random.default_rng([seed, _FATES, int(block.min(initial=0)), len(rows)])
    y, cause = _fates(scenario, y + _effects(scenario, seed, phase, block), v, u, own)
    diverged = cause != ""
    accuracy = np.where(diverged, 1.0 / CLASSES, 1.0 / (1.0 + np.exp(-(y + PEAK))))
    correct = _correct(scenario.images, accuracy, own)
    return Runs(
        trial=np.array([number for number, *_ in rows], dtype=np.int64),
        run=np.array([run for _, run, _ in rows], dtype=np.int64),
        phase=phase,
        arm=np.array([str(plan.arm) for *_, plan in rows]),
        block=block,
        eta=eta,
        alpha=alpha,
        n_test=np.full(len(rows), scenario.images),
        correct=correct,
        accuracy=correct / scenario.images,
        error=1.0 - correct / scenario.images,
        cross_entropy=np.exp(-y),
        own_loss=np.exp(-y),
        loss_area=np.exp(-y),
        epochs_to_target=np.full(len(rows), np.nan),
        diverged=diverged,
        cause=cause,
    )


def _noise(rng: np.random.Generator, phase: NDArray[np.str_], block: NDArray[np.int64]) -> FloatArray:
    """Standard normal noise, shape (n,), correlated within the blocks of the paired phases."""
    own = rng.standard_normal(len(phase))
    paired = np.isin(phase, PAIRED_PHASES)
    blocks, of = np.unique(block[paired], return_inverse=True)
    shared = rng.standard_normal(len(blocks))
    own[paired] = math.sqrt(BLOCK_SHARE) * shared[of] + math.sqrt(1.0 - BLOCK_SHARE) * own[paired]
    return own


def _tailed(normal: FloatArray, df: float | None) -> FloatArray:
    """Normal noise turned into Student's t of the same variance, rank by rank."""
    if df is None:
        return normal
    return np.asarray(student.ppf(norm.cdf(normal), df) / math.sqrt(df / (df - 2.0)), dtype=np.float64)


def _bad(scenario: Scenario, rng: np.random.Generator, count: int) -> FloatArray:
    return np.where(rng.random(count) < scenario.bad_runs, -BAD_RUN_SIGMAS * NOISE, 0.0)


def _effects(scenario: Scenario, seed: int, phase: NDArray[np.str_], block: NDArray[np.int64]) -> FloatArray:
    """Effect of each run's block, logit; the same for a block whichever plans it comes with."""
    deviation = np.where(np.isin(phase, PAIRED_PHASES), scenario.paired_effect, scenario.located_effect)
    if not deviation.any():
        return deviation
    blocks, of = np.unique(block, return_inverse=True)
    drawn = [np.random.default_rng([seed, _EFFECTS, int(number)]).standard_normal() for number in blocks]
    return np.asarray(deviation * np.array(drawn)[of.ravel()], dtype=np.float64)


def _fates(
    scenario: Scenario, y: FloatArray, v: FloatArray, u: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, NDArray[np.str_]]:
    """Responses after collapse, and why runs are at chance: "diverged" or "untrained", "" where they are above."""
    drawn = rng.random(len(y))
    cause = np.where(scenario.diverged(v, u), Cause.DIVERGED.value, Cause.NONE.value).astype("<U9")
    cause[v + u < scenario.untrained] = Cause.UNTRAINED.value
    collapse = scenario.collapse
    if collapse is None:
        return y, cause
    falls = drawn < collapse.shares(v, u)
    if collapse.is_to_chance:
        cause[falls & (cause == Cause.NONE)] = Cause.DIVERGED.value
        return y, cause
    return np.asarray(y - collapse.depth * falls, dtype=np.float64), cause


def _correct(images: int, accuracy: FloatArray, rng: np.random.Generator) -> NDArray[np.int64]:
    """Correct test images: drawn where the images are few, the expected number where they are many."""
    if images < IMAGES:
        return np.asarray(rng.binomial(images, accuracy), dtype=np.int64)
    return np.clip(np.rint(accuracy * images), 0, images).astype(np.int64)
