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
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a checkout, without being installed

from contenders import BATCH, Contender, cpu_contenders, cuda_contenders, draw_fold, synchronise

from worker.training.engine import train
from worker.training.lanes import LOSSES, NETWORKS, UPDATE_RULES, Lane, Setup
from worker.training.products import PRECISIONS
from worker.training.reference import train_one
from worker.training.stack import Stack

STEPS_PER_TRAINING = 30 * 70  # 9,000 images, 30 epochs, last partial batch dropped
TOLERANCE = 1e-9  # float64, relative to the largest weight, after an epoch
MEGAFLOPS_PER_IMAGE = {28: 1.843, 8: 1.843 * 16 / 576}  # forward and backward, matrix products only
PASSES, FEATURES = 6, 11_520  # over the activations of a 28x28 image, if they are written out once


@dataclass(frozen=True)
class Cost:
    """Seconds per training."""

    cpu: float
    wall: float


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


def machine(device: str) -> dict[str, Any]:
    """Hardware and versions."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())
    return {
        "cpu": model,
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
    ours, rivals = costs["stack, torch"].wall, [name for name in costs if not name.startswith(("eager", "stack"))]
    images = BATCH * STEPS_PER_TRAINING
    arithmetic = MEGAFLOPS_PER_IMAGE[28] * 1e-3 * images / report["matmul_gflops"]
    traffic = PASSES * FEATURES * 4e-9 * images / report["copy_gbytes"]
    return report | {
        "gpu_ratio_eager": costs["eager loop"].wall / ours,
        "gpu_ratio_vmap": min(cost.wall for name, cost in costs.items() if name in rivals) / ours,
        "limit_share": max(arithmetic, traffic) / ours,
        **{
            f"gpu_ratio_{low}": ours / costs[f"stack, {low}"].wall for low in PRECISIONS[1:] if f"stack, {low}" in costs
        },
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
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=2), encoding="utf-8")
    return 0 if report["gate_holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
