"""What a training costs: this engine beside the plain PyTorch loop and torch.func.vmap, on a CPU or a CUDA device.

    python benchmarks/training.py [--quick] [--device cuda] [--json out.json]

Needs torch, numpy and `worker.training`, nothing else. All contenders run in this process, in turn, round after round,
each after a warm-up of its own; the medians over the rounds count. First the gate: a lane equals the plain loop, and
its bits depend on no neighbour. Where the gate does not hold no ratio counts, and the exit status is 1.

One round is an epoch on a part of the paper's fold, with as many test images for each training image (1 : 9) as there,
so that a training, 30 epochs of 9,000 images, costs a fixed multiple of it. Setting up a stack is not in it.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a checkout, without being installed

from record import processor, write

from worker.training.engine import train
from worker.training.lanes import LOSSES, NETWORKS, UPDATE_RULES, Fold, Lane, Setup
from worker.training.losses import per_example
from worker.training.networks import build_network, plain_module
from worker.training.reference import train_one
from worker.training.stack import Stack

BATCH = 128
STEPS_PER_TRAINING = 30 * 70  # 9,000 images, 30 epochs, last partial batch dropped
TOLERANCE = 1e-9  # float64, relative to the largest weight, after an epoch
MEGAFLOPS_PER_IMAGE = {28: 1.843, 8: 1.843 * 16 / 576}  # forward and backward, matrix products only
PASSES, FEATURES = 6, 11_520  # over the activations of a 28x28 image, if they are written out once

Run = Callable[[], None]


@dataclass(frozen=True)
class Contender:
    """Something that trains lanes."""

    name: str
    lanes: int  # trained by one run
    steps: int  # of one run
    run: Run


@dataclass(frozen=True)
class Cost:
    """Seconds per training."""

    cpu: float
    wall: float


def draw_fold(size: int, n_train: int, n_test: int, device: str, dtype: torch.dtype = torch.float32) -> Fold:
    """Noisy copies of ten prototypes."""
    generator = torch.Generator().manual_seed(20)
    prototypes = torch.rand(10, 1, size, size, generator=generator, dtype=torch.float64)

    def draw(n: int) -> tuple[Tensor, Tensor]:
        labels = torch.randint(0, 10, (n,), generator=generator)
        noise = torch.rand(n, 1, size, size, generator=generator, dtype=torch.float64)
        return ((prototypes[labels] + 0.3 * noise) / 1.3).to(device, dtype), labels.to(device)

    return Fold(*draw(n_train), *draw(n_test), classes=10)


def gate(device: str) -> dict[str, Any]:
    """Largest relative difference from the plain loop, and whether bits are independent of the stack."""
    gaps = [largest_gap(network, rule, device) for network in NETWORKS for rule in UPDATE_RULES]
    alone = neighbours_leave_bits_alone(device)
    return {"gate_holds": max(gaps) <= TOLERANCE and alone, "gate_gap": max(gaps), "gate_neighbours": alone}


def largest_gap(network: str, rule: str, device: str) -> float:
    """Over all losses and parameters, float64, one epoch with an odd last batch."""
    fold = draw_fold(28, 200, 70, device, torch.float64)
    setup = Setup(network=network, update_rule=rule, epochs=1, batch_size=48, drop_last=False)
    lanes = [Lane(0.01, 0.8, loss, seed) for seed, loss in enumerate(LOSSES)]
    stack = Stack(lanes, setup, fold)
    stack.run_epoch(1)
    gaps = []
    for number, lane in enumerate(lanes):
        _, expected = train_one(lane, setup, fold)
        for name, value in stack.parameters(number).items():
            gaps.append(float((value - expected[name]).abs().max() / expected[name].abs().max()))
    return max(gaps)


def neighbours_leave_bits_alone(device: str) -> bool:
    """A lane alone, among calm lanes and among diverging ones: the same bits (on CUDA at the same stack size)."""
    fold, setup = draw_fold(28, 200, 70, device), Setup(epochs=2, batch_size=48, drop_last=False)
    lane = Lane(0.02, 0.8, "golden", 1)
    calm, wild = Lane(0.01, 0.5, "cross_entropy", 2), Lane(1e30, 0.9, "cross_entropy", 2)
    stacks = [[lane, *[calm] * 12], [lane, *[wild] * 12]] + ([[lane]] if device == "cpu" else [])
    curves = [train(lanes, setup, fold)[0] for lanes in stacks]
    return len({(curve.loss_curve.tobytes(), curve.cross_entropy) for curve in curves}) == 1


def eager(size: int, steps: int, device: str) -> Contender:
    """What a user would write: a module, autograd, torch.optim.SGD, one training after the other."""
    fold = draw_fold(size, steps * BATCH, steps * BATCH // 9, device)
    module = plain_module(build_network("fig3", (1, size, size), 10), 0).to(device, torch.float32)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)

    def run() -> None:
        module.train()
        for batch in torch.split(torch.randperm(len(fold.train_labels)).to(device), BATCH):
            optimizer.zero_grad(set_to_none=True)
            loss = per_example("golden", module(fold.train_images[batch]), fold.train_labels[batch]).mean()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        module.eval()
        with torch.no_grad():
            parts = zip(torch.split(fold.test_images, 512), torch.split(fold.test_labels, 512), strict=True)
            sum(int((module(images).argmax(1) == labels).sum()) for images, labels in parts)

    return Contender("eager loop", 1, steps, run)


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

    return Contender("vmap, compiled" if compiled else "vmap", lanes, steps, run)


def processes(size: int, steps: int, count: int, device: str) -> Contender:
    """Plain loops side by side; they share a CUDA device by time slices, or by MPS where its daemon runs."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(count + 1)
    for _ in range(count):
        context.Process(target=run_between, args=(barrier, size, steps, device), daemon=True).start()

    def run() -> None:
        barrier.wait(timeout=300)  # all begin
        barrier.wait(timeout=300)  # all are done

    return Contender(f"{count} processes", count, steps, run)


def run_between(barrier: Barrier, size: int, steps: int, device: str) -> None:
    """One of the processes: a run between every two meetings."""
    torch.set_num_threads(1)
    contender = eager(size, steps, device)
    contender.run()
    while True:
        barrier.wait()
        contender.run()
        synchronise(device)
        barrier.wait()


def stacked(size: int, steps: int, lanes: int, device: str, *, native: bool) -> Contender:
    """This engine."""
    fold = draw_fold(size, steps * BATCH, steps * BATCH // 9, device)
    os.environ["GOLDEN_NATIVE"] = str(int(native))
    stack = Stack([Lane(0.01, 0.9, "golden", 0)] * lanes, Setup(epochs=10_000), fold)
    epochs = iter(range(1, 10_000))
    return Contender(f"stack, {stack.backend}", lanes, steps, lambda: stack.run_epoch(next(epochs)))


def cpu_contenders(size: int, *, quick: bool) -> list[Contender]:
    """Everything that trains on a CPU."""
    steps, lanes = {(28, True): (4, 8), (28, False): (14, 16), (8, True): (14, 16), (8, False): (70, 32)}[size, quick]
    return [
        eager(size, 14 if quick else 70, "cpu"),
        vmapped(size, 2 if size == 28 else steps, 4, "cpu", compiled=False),
        *([] if quick else [vmapped(size, 2 if size == 28 else steps, 4, "cpu", compiled=True)]),
        stacked(size, steps, lanes, "cpu", native=False),
        stacked(size, steps, lanes, "cpu", native=True),
    ]


def cuda_contenders(*, quick: bool) -> list[Contender]:
    """Everything that trains on a CUDA device, data already there."""
    steps = 10 if quick else 70
    return [
        eager(28, steps, "cuda"),
        vmapped(28, steps, 32, "cuda", compiled=False),
        *([] if quick else [vmapped(28, steps, 32, "cuda", compiled=True), processes(28, steps, 16, "cuda")]),
        stacked(28, steps, 128 if quick else 512, "cuda", native=False),
    ]


def measure(contenders: list[Contender], rounds: int, device: str) -> dict[str, Cost]:
    """Median cost of a training for each contender; one that fails is left out and named."""
    seconds: dict[str, list[Cost]] = {}
    for number in range(rounds + 1):  # round 0 warms up
        for contender in contenders:
            try:
                cost = timed(contender, device)
            except Exception as error:  # a contender that this torch cannot run is not a failure of the benchmark
                print(f"  {contender.name} left out: {type(error).__name__}: {str(error).splitlines()[0][:90]}")
                contenders = [other for other in contenders if other is not contender]
                continue
            if number:
                seconds.setdefault(contender.name, []).append(cost)
    return {
        name: Cost(statistics.median(c.cpu for c in costs), statistics.median(c.wall for c in costs))
        for name, costs in seconds.items()
    }


def timed(contender: Contender, device: str) -> Cost:
    """One run, as seconds per training."""
    synchronise(device)
    wall, cpu = time.perf_counter(), time.process_time()
    contender.run()
    synchronise(device)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    share = STEPS_PER_TRAINING / contender.steps / contender.lanes
    return Cost(cpu * share, wall * share)


def compaction_share(device: str, *, quick: bool) -> float:
    """Share of the ideal gain after most lanes of a stack diverged: the worst of keeping 1/2, 1/4 and 1/8."""
    lanes, steps = (64, 3) if device == "cpu" else (1024, 10)
    fold = draw_fold(28, steps * BATCH, steps * BATCH // 9, device)
    shares = []
    for part in (2, 4, 8):
        kept = lanes // part
        full, thinned = (
            Stack([calm] * kept + [other] * (lanes - kept), Setup(epochs=10), fold)
            for calm, other in [(Lane(0.01, 0.9, "golden", 0), Lane(eta, 0.9, "golden", 0)) for eta in (0.01, 1e30)]
        )
        seconds: list[list[float]] = [[], []]
        for epoch in range(1, 6 if quick else 8):
            for stack, durations in zip((full, thinned), seconds, strict=True):
                cost = timed(Contender("", lanes, steps, partial(stack.run_epoch, epoch)), device)
                durations.append(cost.cpu if device == "cpu" else cost.wall)
        assert thinned.alive == kept
        before, after = (statistics.median(durations[2:]) for durations in seconds)  # then CUDA replays its graphs
        shares.append(before / after / part)
    return min(shares)


def matmul_rate(device: str, size: int = 1024) -> float:
    """GFLOP/s of a float32 matrix product."""
    size = size if device == "cpu" else 8192
    left, right = torch.rand(2, size, size, device=device)
    return 2e-9 * size**3 / fastest(lambda: torch.mm(left, right), device)


def copy_rate(device: str) -> float:
    """GB/s, read and written bytes together."""
    source = torch.rand(1 << (26 if device == "cpu" else 30), device=device)
    target = torch.empty_like(source)
    return 8e-9 * source.numel() / fastest(lambda: target.copy_(source), device)


def fastest(run: Callable[[], object], device: str) -> float:
    """Seconds of the fastest of 10 runs; on a CPU its own, whatever else the machine does."""
    clock = time.process_time if device == "cpu" else time.perf_counter
    times = []
    for _ in range(10):
        synchronise(device)
        start = clock()
        run()
        synchronise(device)
        times.append(clock() - start)
    return min(times)


def synchronise(device: str) -> None:
    """Waits for a CUDA device."""
    if device == "cuda":
        torch.cuda.synchronize()


def machine(device: str) -> dict[str, Any]:
    """Hardware and versions."""
    return {
        "cpu": processor(),
        "cores": os.cpu_count(),
        "load": [round(value, 1) for value in os.getloadavg()],
        "gpu": torch.cuda.get_device_name() if device == "cuda" else None,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "date": time.strftime("%Y-%m-%d"),
    }


def table(title: str, costs: dict[str, Cost], baseline: str = "eager loop") -> None:
    """Prints absolute and relative costs."""
    print(f"\n{title}\n  {'':24}{'CPU-s/training':>16}{'wall s':>10}{'CPU ratio':>11}{'wall ratio':>12}")
    for name, cost in costs.items():
        base = costs[baseline]
        print(f"  {name:24}{cost.cpu:16.3f}{cost.wall:10.3f}{base.cpu / cost.cpu:11.2f}{base.wall / cost.wall:12.2f}")


def cpu_report(rounds: int, *, quick: bool) -> dict[str, Any]:
    """Costs on one core, then this engine's wall time on all of them."""
    cores = os.cpu_count() or 1
    report: dict[str, Any] = {"matmul_gflops_one_core": matmul_rate("cpu"), "copy_gbytes": copy_rate("cpu")}
    for size, key in ((28, "cpu_ratio"), (8, "cpu_ratio_8x8")):
        costs = measure(cpu_contenders(size, quick=quick), rounds, "cpu")
        table(f"{size}x{size}, batch {BATCH}, one thread, n = {rounds}", costs)
        best = min((cost.cpu, name) for name, cost in costs.items() if name.startswith("stack"))[1]
        report[key] = costs["eager loop"].cpu / costs[best].cpu
        floor = MEGAFLOPS_PER_IMAGE[size] * 1e-3 * BATCH * STEPS_PER_TRAINING / report["matmul_gflops_one_core"]
        report |= {f"best_{size}": best, f"limit_share_cpu_{size}": floor / costs[best].cpu}
        report[f"costs_{size}"] = {name: vars(cost) for name, cost in costs.items()}
        torch.set_num_threads(cores)
        parallel = measure(cpu_contenders(size, quick=quick)[-1:], rounds, "cpu")
        torch.set_num_threads(1)
        ((name, cost),) = parallel.items()
        print(f"  {name}, {cores} threads: {cost.wall:.3f} wall s, {cost.cpu:.3f} CPU-s per training")
        report[f"wall_all_cores_{size}"], report[f"cpu_all_cores_{size}"] = cost.wall, cost.cpu
    return report


def cuda_report(rounds: int, *, quick: bool) -> dict[str, Any]:
    """Costs on a CUDA device and the share of what its copy and matrix rates allow."""
    report: dict[str, Any] = {"matmul_gflops": matmul_rate("cuda"), "copy_gbytes": copy_rate("cuda")}
    costs = measure(cuda_contenders(quick=quick), rounds, "cuda")
    table(f"28x28, batch {BATCH}, {torch.cuda.get_device_name()}, n = {rounds}", costs)
    ours, rivals = costs["stack, torch"].wall, costs.keys() - {"eager loop", "stack, torch"}
    images = BATCH * STEPS_PER_TRAINING
    arithmetic = MEGAFLOPS_PER_IMAGE[28] * 1e-3 * images / report["matmul_gflops"]
    traffic = PASSES * FEATURES * 4e-9 * images / report["copy_gbytes"]
    return report | {
        "gpu_ratio_eager": costs["eager loop"].wall / ours,
        "gpu_ratio_vmap": min(cost.wall for name, cost in costs.items() if name in rivals) / ours,
        "limit_share": max(arithmetic, traffic) / ours,
        "costs_cuda": {name: vars(cost) for name, cost in costs.items()},
    }


def main() -> int:
    """Runs everything; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="less than a minute: smaller folds, no compiled vmap")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu", choices=("cpu", "cuda"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="file to write")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    device = arguments.device
    report: dict[str, Any] = {"machine": machine(device), "rounds": arguments.rounds, "quick": arguments.quick}
    print(json.dumps(report["machine"]))
    report |= gate(device)
    print(f"gate {'holds' if report['gate_holds'] else 'DOES NOT HOLD'}: largest gap {report['gate_gap']:.1e}")
    measure_all = cpu_report if device == "cpu" else cuda_report
    report |= measure_all(arguments.rounds, quick=arguments.quick)
    report["compaction_share"] = compaction_share(device, quick=arguments.quick)
    print()
    for key, value in report.items():
        if isinstance(value, float | bool | str):
            print(f"  {key:28}{value:.3g}" if isinstance(value, float) else f"  {key:28}{value}")
    write(report, arguments.json)
    return 0 if report["gate_holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
