"""Converts the engine's result to the stored one: arrays become plain numbers, nan becomes None."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from studies.records import RunResult
from worker.training.lanes import LaneResult


def run_result(lane: LaneResult, *, seconds: float, stack: str) -> RunResult:
    """One lane's result as it is stored.

    Args:
        lane: the engine's result.
        seconds: the lane's share of its stack's wall time.
        stack: id of the stack.
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
        implicit_rate_curve=_curve(lane.implicit_rate_curve),
        harmful_curve=_curve(lane.harmful_curve),
    )


def _curve(values: NDArray[np.float32]) -> tuple[float | None, ...]:
    """Six significant digits: curves are drawn, never judged."""
    return tuple(float(f"{x:.6g}") if math.isfinite(x) else None for x in values.tolist())
