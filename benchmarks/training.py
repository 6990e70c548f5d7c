"""Cost of a training: this engine beside the plain PyTorch loop and torch.func.vmap, on a CPU or a CUDA device.

    python benchmarks/training.py [--quick] [--device cuda] [--json out.json]

Needs torch, numpy and `worker.training`, nothing else. All contenders run in this process, in turn, round after round,
each after a warm-up of its own; the medians over the rounds count. First the gate (`gate.py`): a lane equals the plain
loop, and its bits depend on no neighbour. Where it does not hold nothing is timed, and the exit status is 1.

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

from contenders import (
    BATCH,
    EPOCHS,
    PROCESSES,
    Contender,
    cpu_contenders,
    cuda_contenders,
    draw_fold,
    module_contenders,
    no_tf32_behind_the_back,
    rule_contenders,
    saturated_contenders,
    scheduled,
    synchronise,
)
from gate import gate
from record import processor, write
from substituted import substituted_contenders

from worker.training import modules, schedules
from worker.training.derivatives import DERIVATIVES
from worker.training.lanes import BY_EVERY_LOSS, Lane, Setup
from worker.training.products import PRECISIONS
from worker.training.rules import names
from worker.training.stack import Stack

STEPS_PER_TRAINING = 30 * 70  # 9,000 images, 30 epochs, last partial batch dropped
MEGAFLOPS_PER_IMAGE = {28: 1.843, 8: 1.843 * 16 / 576}  # forward and backward, matrix products only
PASSES, FEATURES = 6, 11_520  # over the activations of a 28x28 image, if they are written out once


@dataclass(frozen=True)
class Cost:
    """Seconds per training."""

    cpu: float
    wall: float


def measure(contenders: list[Contender], rounds: int, device: str, left_out: dict[str, str]) -> dict[str, Cost]:
    """Median cost of a training for each contender; a rival that fails is left out and named in `left_out`."""
    seconds: dict[str, list[Cost]] = {}
    for number in range(rounds + 1):  # round 0 warms up
        for contender in contenders:
            try:
                cost = timed(contender, device)
            except Exception as error:  # a rival that this torch cannot run is not a failure of the benchmark
                if contender.ours:
                    raise
                left_out[contender.name] = repr(error)[:120]
                print(f"  {contender.name} left out: {left_out[contender.name]}")
                contenders = [other for other in contenders if other is not contender]
                seconds.pop(contender.name, None)
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
    return {
        "cpu": processor(),
        "cores": os.cpu_count(),
        "load": [round(value, 1) for value in os.getloadavg()],
        "gpu": torch.cuda.get_device_name() if device == "cuda" else None,
        "fp32_convolutions": torch.backends.cudnn.conv.fp32_precision if device == "cuda" else None,
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
    report["left_out"] = {}
    for size, key in ((28, "cpu_ratio"), (8, "cpu_ratio_8x8")):
        costs = measure(cpu_contenders(size, quick=quick), rounds, "cpu", report["left_out"])
        table(f"{size}x{size}, batch {BATCH}, one thread, n = {rounds}", costs)
        best = min((cost.cpu, name) for name, cost in costs.items() if name.startswith("stack"))[1]
        report[key] = ratio(costs, "eager loop", costs[best].cpu, "cpu")
        floor = MEGAFLOPS_PER_IMAGE[size] * 1e-3 * BATCH * STEPS_PER_TRAINING / report["matmul_gflops_one_core"]
        report |= {f"best_{size}": best, f"limit_share_cpu_{size}": floor / costs[best].cpu}
        report[f"costs_{size}"] = {name: vars(cost) for name, cost in costs.items()}
        torch.set_num_threads(cores)
        parallel = measure(cpu_contenders(size, quick=quick)[-1:], rounds, "cpu", report["left_out"])
        torch.set_num_threads(1)
        ((name, cost),) = parallel.items()
        print(f"  {name}, {cores} threads: {cost.wall:.3f} wall s, {cost.cpu:.3f} CPU-s per training")
        report[f"wall_all_cores_{size}"], report[f"cpu_all_cores_{size}"] = cost.wall, cost.cpu
    of_rules = by_setup("update rule", {name: {"update_rule": name} for name in names()}, rounds, quick=quick)
    of_schedules = {name: scheduled(name, EPOCHS) for name in schedules.names() if name != schedules.CONSTANT}
    report |= saturation(rounds) | of_rules | by_setup("schedule", of_schedules, rounds, quick=quick)
    report |= by_module(rounds, quick=quick)
    return report | by_derivative(rounds, quick=quick)


def by_setup(kind: str, setups: dict[str, dict[str, Any]], rounds: int, *, quick: bool) -> dict[str, Any]:
    """CPU time of the plain loop of each update rule or schedule over this engine's with it, for every network."""
    ratios: dict[str, dict[str, float]] = {}
    for network in BY_EVERY_LOSS:
        print(f"\n{network}, 28x28, batch {BATCH}, one thread, each {kind}, n = {rounds}")
        for name, settings in setups.items():
            pair = rule_contenders(Setup(network=network, **settings), quick=quick)
            ratios.setdefault(network, {})[name] = beside(name, pair, rounds)
    plural = kind.split()[-1] + "s"
    worst = {f"cpu_ratio_{plural}_{network}": min(found.values()) for network, found in ratios.items()}
    return {f"cpu_ratios_by_{plural[:-1]}": ratios} | worst


def by_module(rounds: int, *, quick: bool) -> dict[str, Any]:
    """CPU time of the plain loop over that of the module backend, for each network that is a module and each rule."""
    ratios: dict[str, dict[str, float]] = {}
    for network in modules.names():
        print(f"\n{network}, 28x28, batch {BATCH}, one thread, each update rule, n = {rounds}")
        for name in names():
            pair = module_contenders(Setup(network=network, update_rule=name), quick=quick)
            ratios.setdefault(network, {})[name] = beside(name, pair, rounds)
    worst = {f"cpu_ratio_rules_{network}": min(found.values()) for network, found in ratios.items()}
    return {"cpu_ratios_by_module": ratios} | worst


def beside(name: str, pair: list[Contender], rounds: int) -> float:
    """CPU time of a plain loop over that of this engine's stack, printed with both."""
    costs = measure(pair, rounds, "cpu", {})
    loop, stack = costs["eager loop"].cpu, costs["stack"].cpu
    print(f"  {name:24}{loop:12.3f}{stack:12.3f} CPU-s{loop / stack:9.2f}", flush=True)
    return loop / stack


def by_derivative(rounds: int, *, quick: bool) -> dict[str, Any]:
    """CPU time of the plain loop with a substituted derivative over this engine's, on the paper's network."""
    ratios: dict[str, float] = {}
    print(f"\nfig3, 28x28, batch {BATCH}, one thread, each derivative in place of the ReLU's, n = {rounds}")
    for name in DERIVATIVES:
        ratios[name] = beside(name, substituted_contenders(name, quick=quick), rounds)
    return {"cpu_ratios_by_derivative": ratios, "cpu_ratio_derivatives": min(ratios.values())}


def saturation(rounds: int) -> dict[str, Any]:
    """Cost of a lane with a saturated softmax over that of an ordinary one: the plain loop's and this engine's."""
    costs = measure(saturated_contenders(steps=12), rounds, "cpu", {})
    table(f"28x28, where the softmax saturates and where not, n = {rounds}", costs)
    return {
        "saturated_eager": ratio(costs, "eager loop, saturated", costs["eager loop"].cpu, "cpu"),
        "saturated_stack": ratio(costs, "stack, saturated", costs["stack"].cpu, "cpu"),
    }


def cuda_report(rounds: int, *, quick: bool) -> dict[str, Any]:
    """Costs on a CUDA device and the share of what its copy and matrix rates allow.

    `gpu_ratio_vmap` is over the best of compiled vmap at several widths and 16 processes: null where one is missing.
    """
    report: dict[str, Any] = {"matmul_gflops": matmul_rate("cuda"), "copy_gbytes": copy_rate("cuda"), "left_out": {}}
    costs = measure(cuda_contenders(quick=quick), rounds, "cuda", report["left_out"])
    table(f"28x28, batch {BATCH}, {torch.cuda.get_device_name()}, n = {rounds}", costs)
    ours = costs["stack, torch"].wall
    rivals = [name for name in costs if not name.startswith(("eager", "stack"))]
    complete = {"vmap, compiled", PROCESSES} <= {name.split(" x ")[0] for name in rivals}
    images = BATCH * STEPS_PER_TRAINING
    arithmetic = MEGAFLOPS_PER_IMAGE[28] * 1e-3 * images / report["matmul_gflops"]
    traffic = PASSES * FEATURES * 4e-9 * images / report["copy_gbytes"]
    lows = {f"gpu_ratio_{low}": ratio(costs, "stack, torch", costs[f"stack, {low}"].wall) for low in PRECISIONS[1:]}
    narrow = {name: cost.wall for name, cost in costs.items() if name.startswith("stack, torch x ")}
    return (
        report
        | lows
        | {
            "gpu_ratio_eager": ratio(costs, "eager loop", ours),
            "gpu_ratio_vmap": min(costs[name].wall for name in rivals) / ours if complete else None,
            "limit_share": max(arithmetic, traffic) / ours,
            "mps": mps_runs(),
            "headline_seconds": headline(narrow),
            "costs_cuda": {name: vars(cost) for name, cost in costs.items()},
        }
    )


def headline(narrow: dict[str, float]) -> float | None:
    """Seconds of training that `golden-landscape` takes on one device, in the stacks that its phases can form.

    Map and zoom: 32 points of three losses share a block; confirm and controls: 7 arms of three losses do.
    """
    costs = {int(name.rsplit(" ", 1)[1]): seconds for name, seconds in narrow.items()}
    if not {21, 96} <= costs.keys():
        return None
    return 600 * costs[96] + 630 * costs[21]


def ratio(costs: dict[str, Cost], rival: str, ours: float, clock: str = "wall") -> float | None:
    """A rival's time over this engine's; None where the rival was left out."""
    return getattr(costs[rival], clock) / ours if rival in costs else None


def mps_runs() -> bool:
    """True where processes share the device by NVIDIA's multi-process service instead of time slices."""
    pipes = Path(os.environ.get("CUDA_MPS_PIPE_DIRECTORY", "/tmp/nvidia-mps"))
    return (pipes / "control").exists()


GOALS = {  # key of the report: at least
    "cpu_ratio": 6.0,
    "cpu_ratio_8x8": 5.0,
    "cpu_ratio_rules_fig3": 5.0,  # the slowest update rule
    "cpu_ratio_rules_mlp": 2.0,
    "cpu_ratio_rules_softmax": 2.0,
    "cpu_ratio_rules_mlp2": 1.0,  # no slower than the loop, as the others of the module backend
    "cpu_ratio_rules_chain": 1.0,
    "cpu_ratio_rules_simplenet": 1.0,
    "cpu_ratio_derivatives": 3.0,  # the slowest derivative in place of the ReLU's
    "cpu_ratio_schedules_fig3": 5.0,  # the slowest schedule
    "cpu_ratio_schedules_mlp": 2.0,
    "cpu_ratio_schedules_softmax": 2.0,
    "compaction_share": 0.9,
    "gpu_ratio_eager": 30.0,
    "gpu_ratio_vmap": 3.0,
    "limit_share": 0.5,
}


def goals(report: dict[str, Any]) -> dict[str, bool]:
    """The goals and whether the figures meet them; goals that were not measured are left out."""
    return {key: report[key] >= goal for key, goal in GOALS.items() if report.get(key) is not None}


def main() -> int:
    """Runs everything; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="less than a minute: smaller folds, no compiled vmap")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu", choices=("cpu", "cuda"))
    parser.add_argument("--rounds", type=int, default=5, help="5 at least, for figures to publish")
    parser.add_argument("--check", action="store_true", help="exit status 1 as well where a goal is missed")
    parser.add_argument("--json", type=Path, help="file to write")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    no_tf32_behind_the_back()
    report = measured(arguments)
    met = goals(report)
    report["goals_met"] = met
    write(report, arguments.json)
    print()
    for key, value in report.items():
        if isinstance(value, float | bool | str):
            print(f"  {key:28}{value:.3g}" if isinstance(value, float) else f"  {key:28}{value}")
    print("  goals missed:", ", ".join(key for key, holds in met.items() if not holds) or "none of those measured")
    return int(not report["gate_holds"] or (arguments.check and not all(met.values())))


def measured(arguments: argparse.Namespace) -> dict[str, Any]:
    """The report, written after each part; nothing is timed where the gate does not hold."""
    device: str = arguments.device
    report: dict[str, Any] = {"machine": machine(device), "rounds": arguments.rounds, "quick": arguments.quick}
    print(json.dumps(report["machine"]))
    report |= gate(device)
    print(f"gate {'holds' if report['gate_holds'] else 'DOES NOT HOLD'}: largest gap {report['gate_gap']:.1e}", end="")
    print(f" in float64, {report['gate_gap_float32']:.1e} in float32", flush=True)
    write(report, arguments.json)
    if not report["gate_holds"]:
        return report
    measure_all = cpu_report if device == "cpu" else cuda_report
    report |= measure_all(arguments.rounds, quick=arguments.quick)
    write(report, arguments.json)
    return report | {"compaction_share": compaction_share(device, quick=arguments.quick)}


if __name__ == "__main__":
    sys.exit(main())
