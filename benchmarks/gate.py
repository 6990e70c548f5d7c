"""The gate of `training.py`: what is timed trains as the plain loop does, and no lane feels its neighbours.

Every backend and image size that is timed is compared with the plain loop over three epochs, so that on a CUDA device
recorded and replayed epochs are in it; every network with every update rule, and with every schedule, over one. float64
shows that the formulas are the same; float32 that the arithmetic used for the timing is. There a parameter's numbers
differ by rounding in the middle, and single ones by more, where one rounding carries an activation across the ReLU's
corner, as it does between any two correct float32 programs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from contenders import PAPER, draw_fold, lane_of, scheduled
from substituted import changed_backward

from worker.training import modules, schedules
from worker.training.engine import train
from worker.training.lanes import BY_EVERY_LOSS, LOSSES, Setup
from worker.training.native.lanes import RULES
from worker.training.reference import train_one
from worker.training.rules import names
from worker.training.stack import Stack

# Relative to the largest weight of a parameter: of the number that differs most, and of the middle one.
TOLERANCE = {"float64": 1e-9, "float32": 5e-3, "float32_middle": 1e-5}
EPOCHS = 3


def gate(device: str) -> dict[str, Any]:
    """Largest relative differences from the plain loop, and whether bits are independent of the stack."""
    backends = ("native", "torch") if device == "cpu" else ("torch",)
    gaps, alone = {}, []
    moving = [name for name in schedules.names() if name != schedules.CONSTANT]
    for backend in backends:
        with chosen(backend):
            exact = [gap(network, rule, device) for network in BY_EVERY_LOSS for rule in names()]
            exact += [gap(network, "heavy_ball", device, schedule=name) for network in BY_EVERY_LOSS for name in moving]
            exact += [gap("fig3", "heavy_ball", device, size=size, epochs=EPOCHS) for size in (28, 8)]
            exact += [gap("fig3", "heavy_ball", device, base=base) for base in changed_backward()]
            if backend == "torch":
                exact += [gap(network, rule, device) for network, rule in of_modules()]
                alone += [neighbours_leave_bits_alone(network, "adam", device) for network in modules.names()]
            single = [gaps_of("fig3", "heavy_ball", device, size=size, dtype=torch.float32) for size in (28, 8)]
            alone += [neighbours_leave_bits_alone(network, "heavy_ball", device) for network in BY_EVERY_LOSS]
            alone += [neighbours_leave_bits_alone("fig3", rule, device, size=8) for rule in names()]
        largest, middle = map(max, zip(*single, strict=True))
        gaps[backend] = {"float64": max(exact), "float32": largest, "float32_middle": middle}
    holds = all(found[key] <= bound for found in gaps.values() for key, bound in TOLERANCE.items())
    return {
        "gate_holds": holds and all(alone),
        "gate_gap": max(found["float64"] for found in gaps.values()),
        "gate_gap_float32": max(found["float32"] for found in gaps.values()),
        "gate_middle_gap_float32": max(found["float32_middle"] for found in gaps.values()),
        "gate_neighbours": all(alone),
        "gate_gaps": gaps,
    }


def of_modules() -> list[tuple[str, str]]:
    """Every network that is a module with every rule.

    SimpleNet has two: batch norm cancels most of an offset's gradient before it, and what is left is rounding, which
    a rule that divides by the gradient's own size turns into steps.
    """
    small = [(network, rule) for network in modules.names() if network != "simplenet" for rule in names()]
    return [*small, ("simplenet", "heavy_ball"), ("simplenet", "lars")]


@contextmanager
def chosen(backend: str) -> Iterator[None]:
    """Compiled kernels, or torch; where there is no compiler "native" is torch as well."""
    before = os.environ.get("GOLDEN_NATIVE")
    os.environ["GOLDEN_NATIVE"] = str(int(backend == "native"))
    try:
        yield
    finally:
        if before is None:
            del os.environ["GOLDEN_NATIVE"]
        else:
            os.environ["GOLDEN_NATIVE"] = before


def gap(network: str, rule: str, device: str, **how: Any) -> float:
    """The largest of `gaps_of`."""
    return gaps_of(network, rule, device, **how)[0]


def gaps_of(
    network: str,
    rule: str,
    device: str,
    *,
    size: int = 28,
    epochs: int = 1,
    dtype: torch.dtype = torch.float64,
    base: Setup = PAPER,
    schedule: str = schedules.CONSTANT,
) -> tuple[float, float]:
    """Largest over all losses and parameters, with an odd last batch: of any number, and of the middle one.

    `base` gives the backward rule.
    """
    fold = draw_fold(size, 200, 70, device, dtype)
    setup = replace(base, network=network, update_rule=rule, epochs=epochs, batch_size=48, drop_last=False)
    setup = replace(setup, **scheduled(schedule, epochs))
    eta = 0.01 if rule in RULES else 0.001  # steps as large as eta itself would let rounding grow within the epoch
    lanes = [lane_of(rule, eta, 0.8, loss, seed) for seed, loss in enumerate(LOSSES)]
    stack = Stack(lanes, setup, fold)
    for epoch in range(1, epochs + 1):
        stack.run_epoch(epoch)
    largest, middle = [], []
    for number, lane in enumerate(lanes):
        _, expected = train_one(lane, setup, fold)
        for name, value in stack.parameters(number).items():
            apart = (value - expected[name]).abs() / expected[name].abs().max()
            largest.append(float(apart.max()))
            middle.append(float(apart.median()))
    return max(largest), max(middle)


def neighbours_leave_bits_alone(network: str, rule: str, device: str, *, size: int = 28) -> bool:
    """A lane alone, among calm lanes and among diverging ones: the same bits."""
    fold = draw_fold(size, 200, 70, device)
    setup = Setup(network=network, update_rule=rule, epochs=EPOCHS, batch_size=48, drop_last=False)
    lane = lane_of(rule, 0.02, 0.8, "golden", 1)
    calm, wild = (lane_of(rule, eta, alpha, "cross_entropy", 2) for eta, alpha in ((0.01, 0.5), (1e30, 0.9)))
    results = [train(lanes, setup, fold)[0] for lanes in ([lane], [lane, *[calm] * 12], [lane, *[wild] * 12])]
    return len({(result.loss_curve.tobytes(), result.cross_entropy) for result in results}) == 1
