"""Converts the engine's result to the stored one: arrays become plain numbers, nan becomes None."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studies.records import RunResult
from worker.training.lanes import LaneResult


def run_result(lane: LaneResult, *, seconds: float, stack: str, cpu_seconds: float | None = None) -> RunResult:
    """One lane's result as it is stored.

    Args:
        lane: the engine's result.
        seconds: the lane's share of its stack's wall time.
        stack: id of the stack.
        cpu_seconds: the lane's share of its stack's processor time; None: not measured.
    """
    return RunResult(
        n_test=lane.n_test,
        correct=lane.correct,
        accuracy=lane.accuracy,
        error=lane.error,
        cross_entropy=lane.cross_entropy,
        own_loss=lane.own_loss,
        loss_area=lane.loss_area,
        epochs_to_target=lane.epochs_to_target,
        diverged_at=lane.diverged_at,
        divergence=lane.divergence,
        steps=lane.steps,
        seconds=seconds,
        stack=stack,
        accuracy_curve=tuple(round(float(x), 6) for x in lane.accuracy_curve),
        cross_entropy_curve=_curve(lane.cross_entropy_curve),
        loss_curve=_curve(lane.loss_curve),
        cpu_seconds=cpu_seconds,
        implicit_rate_curve=_curve(lane.implicit_rate_curve),
        harmful_curve=_curve(lane.harmful_curve),
        eta_curve=_curve(lane.eta_curve),
        eta_last_curve=_curve(lane.eta_last_curve),
        rate_epochs_curve=_curve(lane.rate_epochs_curve),
        first_rate_curve=_curve(lane.first_rate_curve),
        last_rate_curve=_curve(lane.last_rate_curve),
        first_used_rate_curve=_curve(lane.first_used_rate_curve),
        last_used_rate_curve=_curve(lane.last_used_rate_curve),
    )


def shares_of(cpu_seconds: float, lanes: Sequence[LaneResult | None]) -> list[float]:
    """The processor time of a stack, shared out by the steps that each lane took; a lane that left counts as whole."""
    steps = [None if lane is None else _steps(lane) for lane in lanes]
    most = max((each for each in steps if each is not None), default=1)
    weights = [float(most if each is None else each) for each in steps]
    return [cpu_seconds * weight / max(sum(weights), 1.0) for weight in weights]


def _steps(lane: LaneResult) -> int:
    """Steps that a lane took; the engine trains no lane on that is not finite."""
    return lane.diverged_at or lane.steps if lane.divergence == "non-finite" else lane.steps


def _curve(values: NDArray[np.float32]) -> tuple[float | None, ...]:
    """Six significant digits: curves are drawn, never judged."""
    return tuple(float(f"{x:.6g}") if math.isfinite(x) else None for x in values.tolist())
