"""A planted landscape: runs, curves and a verdict whose truth is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from studies import golden
from studies.figures.curves import Curve
from studies.records import Runs
from studies.verdict.model import Comparison, Interval, Outcome, Reason, RegionMap, SweepVerdict

EMPTY = Interval(None, None, None)


def planted_runs(points: int = 60, seed: int = 1) -> Runs:
    """Map points, claim replicates and confirm arms on a ridge whose optimum is (0.03, 0.8); high rates diverge."""
    rng = np.random.default_rng(seed)
    v, u = rng.uniform(np.log(10**-3.5), 0, points), rng.uniform(0, np.log(100), points)
    eta, alpha = list(np.exp(v)), list(-np.expm1(-u))
    arm = ["point"] * points
    phase = ["map"] * points
    for _ in range(8):
        eta, alpha, arm, phase = [*eta, golden.ETA], [*alpha, golden.ALPHA], [*arm, "claim"], [*phase, "map"]
    for _ in range(6):
        eta, alpha = [*eta, golden.ETA, 0.03], [*alpha, golden.ALPHA, 0.8]
        arm, phase = [*arm, "claim", "best"], [*phase, "confirm", "confirm"]
    n = len(eta)
    e, a = np.array(eta), np.array(alpha)
    s, uu = np.log(e) - np.log1p(-a), -np.log1p(-a)
    z = 3.2 - 0.35 * (s - np.log(0.03 / 0.2)) ** 2 - 0.05 * (uu - np.log(5)) ** 2 + rng.normal(0, 0.08, n)
    diverged = s > 1.2
    accuracy = np.where(diverged, 0.1, 1 / (1 + np.exp(-z)))
    correct = np.round(accuracy * 600).astype(np.int64)
    accuracy = correct / 600
    return Runs(
        trial=np.arange(n),
        run=np.zeros(n, dtype=np.int64),
        phase=np.array(phase),
        arm=np.array(arm),
        block=np.concatenate([np.arange(points + 8) // 32, 10_000 + np.arange(12) // 2]),
        eta=e,
        alpha=a,
        n_test=np.full(n, 600),
        correct=correct,
        accuracy=accuracy,
        error=1 - accuracy,
        cross_entropy=-np.log(np.clip(accuracy, 1e-3, 0.999)),
        own_loss=1 - accuracy + 0.01,
        loss_area=1.5 - accuracy,
        epochs_to_target=np.where(accuracy > 0.9, 4.0, np.nan),
        diverged=diverged,
        cause=np.where(diverged, "diverged", ""),
    )


def planted_verdict(outcome: Outcome = Outcome.INCONCLUSIVE, sweep: str = "golden@digits") -> SweepVerdict:
    """A verdict with every part filled in."""
    v, u = np.linspace(np.log(0.002), np.log(0.5), 31), np.linspace(0, np.log(100), 21)
    s = u[:, None] + v[None, :]
    mean = 3.2 - 0.35 * (s - np.log(0.03 / 0.2)) ** 2 - 0.05 * (u[:, None] - np.log(5)) ** 2
    p = np.exp(-4 * (mean.max() - mean))
    inside = mean > 2.2
    grid = tuple(
        tuple(float(x) if ok else None for x, ok in zip(r, k, strict=True)) for r, k in zip(mean, inside, strict=True)
    )
    chance = tuple(
        tuple(float(x) if ok else None for x, ok in zip(r, k, strict=True)) for r, k in zip(p, inside, strict=True)
    )
    return SweepVerdict(
        sweep=sweep,
        loss=sweep.partition("@")[0],
        context="digits",
        objective="accuracy",
        outcome=outcome,
        reasons=(Reason("flat", "The claim is practically optimal, but so is the whole ridge."),),
        sentence="The data cannot tell whether the optimum lies near η = 0.0159, α = 0.874.",
        runs=80,
        sigma=0.08,
        margin=0.076,
        margin_points=0.3,
        eta=Interval(0.03, 0.012, 0.08),
        alpha=Interval(0.8, 0.31, 0.95),
        effective_rate=Interval(0.15, 0.11, 0.2),
        kappa=Interval(-0.3, -1.2, 1.1),
        ridge_slope=Interval(-1.1, -1.5, -0.8),
        pi_inside=0.4,
        prior_inside=0.052,
        edge_mass=0.02,
        p_claim=0.2,
        p_in=0.4,
        p_out=0.6,
        regret=Interval(0.02, 0.0, 0.09),
        p_support=0.4,
        p_refute=1.0,
        p_support_adjusted=None,
        p_refute_adjusted=None,
        comparisons=(
            Comparison("best", 0.03, 0.8, 6, Interval(0.03, -0.02, 0.08), Interval(0.12, -0.08, 0.32), 0.03, 0.9, 0.2),
            Comparison("mate:0", 0.126, 0.0, 6, Interval(-0.2, -0.3, -0.1), Interval(-0.8, -1.2, -0.4), 0.0, 1.0, 0.01),
            Comparison("default", 0.01, 0.9, 6, EMPTY, Interval(-0.05, -0.2, 0.1), 0.01, 0.9, 0.5),
        ),
        diverged_share=0.1,
        lack_of_fit=0.3,
        degree=3,
        region=RegionMap(tuple(v.tolist()), tuple(u.tolist()), chance, grid),
    )


def planted_curves() -> tuple[Curve, ...]:
    """A claim's curve, a best one and some faint ones."""
    epochs = np.arange(1, 11)
    rise = [tuple((0.95 - 0.85 * np.exp(-epochs / tau)).tolist()) for tau in (1.5, 2, 3, 5, 8)]
    roles = ("claim", "best", "", "", "")
    return tuple(Curve(i, 0.01 * (i + 1), 0.5, r, c) for i, (r, c) in enumerate(zip(roles, rise, strict=True)))


@pytest.fixture
def make_runs() -> Callable[..., Runs]:
    """Factory of planted runs."""
    return planted_runs


@pytest.fixture
def make_verdict() -> Callable[..., SweepVerdict]:
    """Factory of planted verdicts."""
    return planted_verdict


@pytest.fixture
def make_curves() -> Callable[[], tuple[Curve, ...]]:
    """Factory of learning curves."""
    return planted_curves


@pytest.fixture(scope="session")
def planted_rows() -> Runs:
    """One set of planted runs, for tests that only read them."""
    return planted_runs()
