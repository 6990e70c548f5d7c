"""Measures the speed of a kind of training here: times epochs of four shapes and solves for the cost of each part.

    steps  images a step  test images
      1         B              t        s +  B a + t e + c
      3         B              t       3s + 3B a + t e + c
      3        B/3             t       3s +  B a + t e + c
      1         B              T        s +  B a + T e + c

a: a training image, s: a step, e: a test image, c: an epoch besides. The images are noise: the time does not depend on
their content, but for on-line training, whose images are zero in four fifths of their pixels, as those of MNIST are. It
has one image a step, and an image and a step are one cost there.

Small modules, whose epochs here take a millisecond or so, are timed as studies train them: several lanes, larger steps
(whose images would be lost in the noise of a step's own cost), and each epoch after one of the same stack, since the
first after another stack's finds its caches cold and takes up to twice as long.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import torch

from worker.training import tiled
from worker.training.engine import CPU_STACK
from worker.training.held_back import part_that_trains
from worker.training.lanes import LOSSES_OF, NETWORKS, Fold, Lane, Setup
from worker.training.networks import MLP_WIDTH
from worker.training.stack import Stack

ONLINE = 600  # images of an epoch of one image a step
ONLINE_TESTED = 2_048  # T there: a test image takes a third of the time of a step, and would be lost in its noise
ZEROS = 0.8  # of its pixels
BATCH, FEW, MANY = 96, 32, 256  # B, t, T; B and B/3 are whole chunks of 16 images, as the kernels take them
BATCHES = {"mlp2": 480, "chain": 1920, "simplenet": 48}  # B of modules, if it is another
SMALL_MODULES = ("mlp2", "chain")
FEW_LANES = 2  # of a stack of small modules, at least
STEPS = 3
ROUNDS = range(2, 30)  # at least and at most; the first warms up
SMALL = {
    "fig3": 64,
    "mlp": 784,
    "logistic": 784,
    "softmax": 3072,
}  # values of an image up to which half a usual stack is timed
Cost = tuple[float, float, float, float]


def measure_costs(
    network: str,
    image_shape: tuple[int, int, int],
    device: torch.device,
    *,
    seconds: float,
    clock: Callable[[], float] = time.perf_counter,
    setup: Setup | None = None,
) -> Cost:
    """Seconds per lane of (a training image, a step, a test image, an epoch besides), in a well-filled stack.

    Args:
        network: one of `lanes.NETWORKS`, or of `modules.names()`.
        image_shape: (C, H, W).
        device: that trains.
        seconds: after which no new round begins, of small modules twice as many; two rounds are made in any case.
        clock: returns seconds; `time.process_time` for processor time, which other programs hardly change.
        setup: update rule, schedule, backward rule, width and precision, and whether it trains on-line; None: the
            defaults. Epochs and batches are those of the table above, without looks within epochs.
    """
    each = 2 if network in SMALL_MODULES else 1  # epochs of a stack in a round, the last of them timed
    setup = replace(setup or Setup(), network=network, epochs=each * ROUNDS.stop, evaluate_every=None)
    setup = with_long_table(replace(setup, stop_at_target=False, patience=None))
    images = ONLINE if _is_online(setup) else BATCHES.get(network, BATCH)
    shapes = ((1, images, FEW), (STEPS, images, FEW), (STEPS, images // STEPS, FEW), (1, images, MANY))
    if _is_online(setup):
        shapes = ((ONLINE, 1, FEW), (STEPS * ONLINE, 1, FEW), (ONLINE, 1, FEW), (ONLINE, 1, ONLINE_TESTED))
    lanes = _lanes(setup, math.prod(image_shape), device)
    stacks = [_stack(setup, image_shape, device, lanes, shape) for shape in shapes]
    durations: list[list[float]] = [[] for _ in shapes]
    deadline = clock() + each * seconds
    for number in range(1, ROUNDS.stop):
        for stack, kept in zip(stacks, durations, strict=True):
            kept.append(_timed(stack, number, each, clock) / lanes)
        if number >= ROUNDS.start and clock() > deadline:
            break
    base, long, parts, tested = (statistics.median(kept[1:]) for kept in durations)
    step = 0.0 if _is_online(setup) else max(0.0, parts - base) / (STEPS - 1)
    train_image = max(0.0, long - parts) / ((STEPS - 1) * images)
    test_image = max(0.0, tested - base) / (shapes[-1][-1] - FEW)
    return train_image, step, test_image, max(0.0, base - step - images * train_image - FEW * test_image)


def with_long_table(setup: Setup) -> Setup:
    """The set-up with a number for each of its epochs in every row that its schedule states: what the numbers are, and
    how many an epoch has, does not change the time.
    """
    own = dict(setup.schedule_settings)
    rows = {name: (1.0,) * setup.epochs for name, value in own.items() if isinstance(value, tuple) and value}
    return replace(setup, schedule_settings=tuple((own | rows | ({"per_epoch": 1.0} if rows else {})).items()))


def _timed(stack: Stack, number: int, each: int, clock: Callable[[], float]) -> float:
    """Seconds of the last of the epochs that a stack trains in a round."""
    for epoch in range(each * (number - 1) + 1, each * number):
        stack.run_epoch(epoch)
    started = clock()
    stack.run_epoch(each * number)  # ends with its metrics on the host, so a CUDA device has finished as well
    return clock() - started


def _is_online(setup: Setup) -> bool:
    return setup.network == "logistic" and setup.batch_size == 1


def _lanes(setup: Setup, values: int, device: torch.device) -> int:
    """Number of lanes to time: on a CPU more for small trainings, whose cost per lane falls with the number of lanes.

    On a CUDA device one tile: wider stacks take as long per lane. Modules train lane by lane: one for each thread, of
    small ones a few.
    """
    if setup.network not in SMALL:
        fewest = FEW_LANES if setup.network in SMALL_MODULES else 1
        return max(fewest, torch.get_num_threads()) if device.type == "cpu" else 1
    if device.type != "cpu":
        return tiled.CUDA_LANES
    if _is_online(setup):
        return torch.get_num_threads()  # each lane trains alone
    share = 1.0 if setup.width is None else setup.width / MLP_WIDTH  # of the products of the network's default width
    return CPU_STACK // 2 if values * share <= SMALL[setup.network] else tiled.CPU_LANES * torch.get_num_threads()


def _stack(
    setup: Setup, image_shape: tuple[int, int, int], device: torch.device, lanes: int, shape: tuple[int, int, int]
) -> Stack:
    """A stack whose epochs have this shape: steps, images a step, test images."""
    steps, batch, n_test = shape

    def draw(n: int) -> tuple[torch.Tensor, torch.Tensor]:
        images = torch.rand(n, *image_shape, generator=torch.Generator().manual_seed(0))
        if _is_online(setup):
            images.masked_fill_(images < ZEROS, 0.0)
        return images.to(device), (torch.arange(n) % 10).to(device)

    batches = replace(setup, batch_size=batch)
    n_train = part_that_trains(steps * batch, setup)
    usual = "golden" if setup.network in NETWORKS else "cross_entropy"  # by which modules are trained in their papers
    loss = LOSSES_OF.get(setup.network, (usual,))[0]
    # On-line DLR without momentum, as its paper has it: with it, weights of pixels that are zero move as well.
    alpha = 0.0 if _is_online(setup) and setup.update_rule == "dlr" else 0.5
    return Stack([Lane(0.001, alpha, loss, 0)] * lanes, batches, Fold(*draw(n_train), *draw(n_test), classes=10))
