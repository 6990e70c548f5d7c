"""Trains stacks of lanes: `train_lanes` is the one call that the worker makes.

Read `reference.py` first: the same training of one lane as a plain PyTorch loop, which this engine is tested against.
From here the calls go down: engine -> stack -> native/lanes, module_lanes, or tiled -> tile -> rules. `halving.py`
halves a stack that runs out of memory; the worker's `stack_size.py` remembers the width that fitted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial

import torch

from worker.training import backward, backward_settings, rule_settings, schedules, squared_error, timetable
from worker.training.halving import in_stacks_that_fit
from worker.training.initial_weights import DRAWS
from worker.training.lanes import (
    INITIALISATIONS,
    LOSSES,
    LOSSES_OF,
    Drop,
    Fold,
    Lane,
    LaneResult,
    OnEpoch,
    Outcome,
    Progress,
    Setup,
    StackStopped,
)
from worker.training.measured import by_layer
from worker.training.memory import lanes_that_fit
from worker.training.modules import ModuleNetwork
from worker.training.networks import Network
from worker.training.products import PRECISIONS, is_emulated
from worker.training.rules import rule
from worker.training.stack import Stack
from worker.training.state import Parameters, feedback_size
from worker.training.structure import Structure, structure_of

CPU_STACK = 64  # lanes; a wider stack saves nothing on a CPU and delays its first result

_log = logging.getLogger(__name__)


def train(
    lanes: Sequence[Lane], setup: Setup, fold: Fold, *, on_epoch: Callable[[Progress], bool] | None = None
) -> list[LaneResult]:
    """Trains every lane to its end, as `train_lanes` without dropping; returns one result per lane, in order."""
    return [result for result in train_lanes(lanes, setup, fold, on_epoch=on_epoch).results if result is not None]


def train_lanes(lanes: Sequence[Lane], setup: Setup, fold: Fold, *, on_epoch: OnEpoch | None = None) -> Outcome:
    """Trains every lane and returns its metrics.

    Device and number type are those of the fold's images. A lane's result does not depend on the other lanes. When the
    device runs out of memory the stack is halved and the lanes are trained in several stacks, one after the other;
    `on_epoch` then counts the epochs of each of them.

    Args:
        lanes: any mix of eta, alpha, loss and initial weights.
        setup: what they share.
        fold: the data.
        on_epoch: called after each epoch; it may stop the stack, or drop lanes whose results are no longer wanted.

    Raises:
        ValueError: an unknown name in `setup` or a lane, an eta or alpha that is no number, or an empty fold.
        StackStopped: `on_epoch` returned False; there is no partial result.
        torch.OutOfMemoryError: a single lane does not fit.
    """
    check(lanes, setup, fold)
    return in_stacks_that_fit(lanes, fold.train_images.device, on_epoch, partial(_train_stack, setup=setup, fold=fold))


def max_lanes(setup: Setup, fold: Fold) -> int:
    """Stack size that fits: a fixed cap on a CPU, from the free memory on a CUDA device."""
    images = fold.train_images
    if images.device.type != "cuda":
        return CPU_STACK
    network = _network(setup, fold)
    row = Parameters.zeros(network, 1, images[:0]).flat
    free, _ = torch.cuda.mem_get_info(images.device)
    fixed = backward.rule(setup.backward_rule).FIXED
    feedback = feedback_size(network) if fixed and isinstance(network, Network) else 0
    return lanes_that_fit(
        free=int(free),
        parameters=row.numel(),
        buffers=len(rule(setup.update_rule).BUFFERS) + by_layer(setup),  # rates of the layers are a row as well
        element_size=row.element_size(),
        fixed=timetable.numbers_per_lane(setup, len(fold.train_labels)) + feedback,
    )


def _network(setup: Setup, fold: Fold) -> Structure:
    _, channels, height, width = fold.train_images.shape
    return structure_of(setup, (channels, height, width), fold.classes)


def _train_stack(lanes: Sequence[Lane], on_epoch: OnEpoch | None, *, setup: Setup, fold: Fold) -> list[LaneResult]:
    stack = Stack(list(lanes), setup, fold)
    _log.info("training a stack", extra={"lanes": len(lanes), "backend": stack.backend, **_precision(setup, fold)})
    for epoch in range(1, setup.epochs + 1):
        stack.run_epoch(epoch)
        progress = Progress(epoch=epoch, epochs=setup.epochs, alive=stack.alive, lanes=len(lanes))
        answer = on_epoch is None or on_epoch(progress)
        if not answer:
            raise StackStopped(f"stopped after epoch {epoch} of {setup.epochs}")
        if isinstance(answer, Drop) and not stack.drop(answer.lanes):
            break
    return stack.results()


def _precision(setup: Setup, fold: Fold) -> dict[str, str]:
    """A log field for a precision other than fp32."""
    if setup.precision == "fp32":
        return {}
    emulated = is_emulated(setup.precision, fold.train_images.device)
    return {"precision": f"{setup.precision}, emulated: no faster than fp32" if emulated else setup.precision}


def _can_measure(network: Structure) -> bool:
    return isinstance(network, Network) and network.outputs == "softmax"


def check(lanes: Sequence[Lane], setup: Setup, fold: Fold) -> None:
    """Raises a ValueError that names the field for anything that cannot be trained."""
    network = _network(setup, fold)
    known = (
        ("initialisation", setup.initialisation, INITIALISATIONS if isinstance(network, Network) else tuple(DRAWS)),
        ("precision", setup.precision, PRECISIONS),
        ("targets", setup.targets, tuple(squared_error.TARGETS)),
        *(("loss", lane.loss, LOSSES_OF.get(setup.network, LOSSES)) for lane in lanes),
    )
    for field, value, allowed in known:
        if value not in allowed:
            raise ValueError(f"`{field}` must be one of {', '.join(allowed)}, got {value!r}")
    rule_settings.check(lanes, setup)
    for lane in lanes:
        if not (0.0 <= lane.eta < float("inf") and 0.0 <= lane.alpha < float("inf")):
            raise ValueError(f"`eta` and `alpha` must be finite and not negative, got {lane.eta} and {lane.alpha}")
    if setup.batch_size < 1 or setup.epochs < 1:
        raise ValueError(f"`batch_size` and `epochs` must be positive, got {setup.batch_size} and {setup.epochs}")
    if any(number is not None and number < 1 for number in (setup.evaluate_every, setup.patience)):
        raise ValueError(
            f"`evaluate_every` and `patience` must be positive, got {setup.evaluate_every} and {setup.patience}"
        )
    if setup.precision != "fp32" and isinstance(network, ModuleNetwork):
        raise ValueError(f"`precision` must be fp32 for {network.name}, got {setup.precision}")
    if setup.precision != "fp32" and fold.train_images.dtype != torch.float32:
        raise ValueError(f"`precision` {setup.precision} is for float32 images, got {fold.train_images.dtype}")
    if not len(fold.train_labels) or not len(fold.test_labels):
        raise ValueError("`fold` must hold training and test images")
    timetable.check(setup, len(fold.train_labels))
    if schedules.measured(setup.schedule) is not None and not _can_measure(network):
        raise ValueError(f"`schedule` {setup.schedule} needs a stacked network with a softmax, got {network.name}")
    backward_settings.check(setup, network)
