"""Those who train lanes in `training.py`: the plain loop, `torch.func`, processes side by side, and this engine."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from typing import Any

import torch
from torch import Tensor, nn

from worker.training.held_back import part_that_trains
from worker.training.information import information
from worker.training.lanes import Fold, Lane, Setup
from worker.training.losses import per_example
from worker.training.networks import build_network, plain_module
from worker.training.products import PRECISIONS
from worker.training.rules import rule
from worker.training.solo import solo_optimizer
from worker.training.stack import Stack
from worker.training.structure import lane_module, structure_of

BATCH = 128
EPOCHS = 1_000  # at most, of a stack that is timed
PLAIN_PROCESSES = 16
PROCESSES = f"{PLAIN_PROCESSES} processes"
ORDINARY = Lane(0.01, 0.9, "golden", 0)
PAPER = Setup()
SATURATED = Lane(1.0, 0.1, "sse", 0)  # its softmax saturates within a few steps: gradients below 1e-38, at chance level

Run = Callable[[], None]


@dataclass(frozen=True)
class Contender:
    """Something that trains lanes."""

    name: str
    lanes: int  # trained by one run
    steps: int  # of one run
    run: Run
    ours: bool = False


def draw_fold(size: int, n_train: int, n_test: int, device: str, dtype: torch.dtype = torch.float32) -> Fold:
    """Noisy copies of ten prototypes."""
    generator = torch.Generator().manual_seed(20)
    prototypes = torch.rand(10, 1, size, size, generator=generator, dtype=torch.float64)

    def draw(n: int) -> tuple[Tensor, Tensor]:
        labels = torch.randint(0, 10, (n,), generator=generator)
        noise = torch.rand(n, 1, size, size, generator=generator, dtype=torch.float64)
        return ((prototypes[labels] + 0.3 * noise) / 1.3).to(device, dtype), labels.to(device)

    return Fold(*draw(n_train), *draw(n_test), classes=10)


def eager(
    size: int,
    steps: int,
    device: str,
    lane: Lane = ORDINARY,
    name: str = "eager loop",
    setup: Setup = PAPER,
    change: Callable[[nn.Module], None] | None = None,
) -> Contender:
    """The loop that a user would write: a module, autograd, torch.optim, one training after the other.

    `change` may replace parts of the module.
    """
    fold = draw_fold(size, steps * BATCH, steps * BATCH // 9, device)
    measured_on = part_that_trains(steps * BATCH, setup) - steps * BATCH  # images that a schedule holds back
    held = draw_fold(size, measured_on, 0, device)
    module = lane_module(structure_of(setup, (1, size, size), 10), lane, setup).to(device, torch.float32)
    if change is not None:
        change(module)
    optimizer = solo_optimizer(module, lane, setup)

    def run() -> None:
        module.train()
        for batch in torch.split(torch.randperm(len(fold.train_labels)).to(device), BATCH):
            optimizer.zero_grad(set_to_none=True)
            loss = per_example(lane.loss, module(fold.train_images[batch]), fold.train_labels[batch]).mean()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        module.eval()
        with torch.no_grad():
            parts = zip(torch.split(fold.test_images, 512), torch.split(fold.test_labels, 512), strict=True)
            sum(int((module(images).argmax(1) == labels).sum()) for images, labels in parts)
            codes = [module(images).argmax(1) for images in torch.split(held.train_images, 512)]
        if len(held.train_labels):
            information(torch.cat(codes).cpu().numpy(), held.train_labels.cpu().numpy())

    return Contender(name, 1, steps, run)


def vmapped(size: int, steps: int, lanes: int, device: str, *, compiled: bool) -> Contender:
    """Lanes by torch.func: vmap over the gradient of a functional call, momentum on stacked tensors."""
    fold = draw_fold(size, steps * BATCH, 1, device)
    module = plain_module(build_network("fig3", (1, size, size), 10), 0).to(device, torch.float32)
    torch.func.replace_all_batch_norm_modules_(module)  # running statistics cannot be updated under vmap
    stacked_weights, _ = torch.func.stack_module_state([module] * lanes)
    weights = {name: value.detach().clone() for name, value in stacked_weights.items()}
    velocity = {name: torch.zeros_like(value) for name, value in weights.items()}

    def loss(parameters: dict[str, Tensor], images: Tensor, labels: Tensor) -> Tensor:
        logits = torch.func.functional_call(module, parameters, (images,))
        return per_example("golden", logits, labels).mean()

    gradients = torch.func.vmap(torch.func.grad(loss), in_dims=(0, None, None))
    slopes = torch.compile(gradients) if compiled else gradients

    def run() -> None:
        for batch in torch.split(torch.randperm(len(fold.train_labels)).to(device), BATCH):
            slope = slopes(weights, fold.train_images[batch], fold.train_labels[batch])
            for name, value in weights.items():
                velocity[name].mul_(0.9).add_(slope[name].add_(value, alpha=1e-4))
                value.sub_(velocity[name], alpha=0.01)

    name = "vmap, compiled" if compiled else "vmap"
    return Contender(name if device == "cpu" else f"{name} x {lanes}", lanes, steps, run)


def processes(size: int, steps: int, count: int, device: str) -> Contender:
    """Plain loops side by side; they share a CUDA device by time slices, or by MPS where its daemon runs."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(count + 1)
    for _ in range(count):
        context.Process(target=run_between, args=(barrier, size, steps, device), daemon=True).start()

    def run() -> None:
        barrier.wait(timeout=300)  # all begin
        barrier.wait(timeout=300)  # all are done

    return Contender(PROCESSES, count, steps, run)


def run_between(barrier: Barrier, size: int, steps: int, device: str) -> None:
    """One of the processes: a run between every two meetings."""
    torch.set_num_threads(1)
    no_tf32_behind_the_back()
    contender = eager(size, steps, device)
    contender.run()
    while True:
        barrier.wait()
        contender.run()
        synchronise(device)
        barrier.wait()


def stacked(
    size: int,
    steps: int,
    lanes: int,
    device: str,
    *,
    native: bool = False,
    precision: str = "fp32",
    lane: Lane = ORDINARY,
    name: str = "",
    setup: Setup = PAPER,
) -> Contender:
    """This engine."""
    fold = draw_fold(size, part_that_trains(steps * BATCH, setup), steps * BATCH // 9, device)
    os.environ["GOLDEN_NATIVE"] = str(int(native))
    stack = Stack([lane] * lanes, dataclasses.replace(setup, epochs=EPOCHS, precision=precision), fold)
    epochs = iter(range(1, EPOCHS))
    return Contender(name or f"stack, {stack.backend}", lanes, steps, lambda: stack.run_epoch(next(epochs)), ours=True)


def cpu_contenders(size: int, *, quick: bool) -> list[Contender]:
    """Everything that trains on a CPU; the plain loop and this engine on as many images."""
    steps, lanes = {(28, True): (4, 8), (28, False): (35, 16), (8, True): (14, 16), (8, False): (70, 32)}[size, quick]
    return [
        eager(size, steps, "cpu"),
        vmapped(size, 2 if size == 28 else steps, 4, "cpu", compiled=False),
        *([] if quick else [vmapped(size, 2 if size == 28 else steps, 4, "cpu", compiled=True)]),
        stacked(size, steps, lanes, "cpu"),
        stacked(size, steps, lanes, "cpu", native=True),
    ]


def lane_of(name: str, eta: float, alpha: float, loss: str, init_seed: int) -> Lane:
    """A lane at a point, as far as the update rule has a learning rate and a momentum weight."""
    return Lane(eta if rule(name).ETA else 1.0, alpha if rule(name).ALPHA else 0.0, loss, init_seed)


def scheduled(name: str, epochs: int) -> dict[str, Any]:
    """A schedule as a set-up takes it; the table that a user writes down is as long as the training."""
    return {"schedule": name, "schedule_settings": (("shares", (0.5,) * epochs),) if name == "table" else ()}


def rule_contenders(setup: Setup, *, quick: bool) -> list[Contender]:
    """The plain loop of a set-up's update rule and this engine under the set-up, 28x28, on as many images."""
    steps, lanes = {("fig3", True): (4, 8), ("fig3", False): (18, 16)}.get((setup.network, quick), (35, 32))
    lane = lane_of(setup.update_rule, 0.001, 0.9, "golden", 0)
    return [
        eager(28, steps, "cpu", lane, setup=setup),
        stacked(28, steps, lanes, "cpu", native=True, lane=lane, name="stack", setup=setup),
    ]


def module_contenders(setup: Setup, *, quick: bool) -> list[Contender]:
    """The plain loop of a network that is a module, and the module backend on as many images of 28x28."""
    deep = setup.network == "simplenet"
    steps, lanes = {(True, True): (2, 1), (True, False): (6, 1), (False, True): (20, 4)}.get((deep, quick), (70, 4))
    lane = lane_of(setup.update_rule, 0.001, 0.9, "golden", 0)
    return [
        eager(28, steps, "cpu", lane, setup=setup),
        stacked(28, steps, lanes, "cpu", lane=lane, name="stack", setup=setup),
    ]


def saturated_contenders(steps: int) -> list[Contender]:
    """The plain loop and this engine at a point where the softmax saturates, and at one where it does not; 28x28."""
    return [
        eager(28, steps, "cpu"),
        eager(28, steps, "cpu", SATURATED, "eager loop, saturated"),
        stacked(28, steps, 1, "cpu", native=True, name="stack"),
        stacked(28, steps, 1, "cpu", native=True, lane=SATURATED, name="stack, saturated"),
    ]


def cuda_contenders(*, quick: bool) -> list[Contender]:
    """Everything that trains on a CUDA device, data already there.

    "x N" is a number of lanes: vmap at several, since its best is the rival; this engine also in the narrow stacks
    that a study's phases form, of 96 and 21 lanes.
    """
    steps, lanes = (10, 128) if quick else (70, 512)
    widths = () if quick else (32, 128, 512)
    return [
        eager(28, steps, "cuda"),
        vmapped(28, steps, 32, "cuda", compiled=False),
        *(vmapped(28, steps, width, "cuda", compiled=True) for width in widths),
        *([] if quick else [processes(28, steps, PLAIN_PROCESSES, "cuda")]),
        stacked(28, steps, lanes, "cuda"),
        *(stacked(28, steps, width, "cuda", name=f"stack, torch x {width}") for width in (96, 21)),
        *(stacked(28, steps, lanes, "cuda", precision=low, name=f"stack, {low}") for low in PRECISIONS[1:]),
    ]


def no_tf32_behind_the_back() -> None:
    """Convolutions in float32 as well: cuDNN rounds their operands to TF32 unless set otherwise."""
    torch.backends.cudnn.conv.fp32_precision = "ieee"


def synchronise(device: str) -> None:
    """Waits for a CUDA device."""
    if device == "cuda":
        torch.cuda.synchronize()
