"""Effect of tf32 and bf16 products on the accuracy: paired trainings, the same seeds in every precision.

    python benchmarks/precision.py [--images 2000] [--pairs 20] [--dataset synthetic-digits] [--json out.json]

Each pair shares data, split, initial weights and minibatch order, and differs in the precision of its matrix products
alone. Differences are low precision minus fp32, with a 95 % t-interval. The spread between seeds stands beside them: a
precision matters where it moves the mean by more than chance does. On a CPU the operands are rounded first, which costs
time; on a CUDA device the tensor cores do it. In each case fp32 is this engine's torch path, not the compiled kernels.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import t as student

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a checkout, without being installed

from record import write
from training import machine

from studies import golden
from worker.training.data import load_dataset, make_fold, split
from worker.training.engine import train
from worker.training.lanes import Fold, Lane, LaneResult, Setup
from worker.training.products import PRECISIONS

POINTS = {"golden": (golden.ETA, golden.ALPHA), "ten times the rate": (10 * golden.ETA, golden.ALPHA)}
STUDIED = ("golden", "cross_entropy")  # losses


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--dataset", default="synthetic-digits", help="one that is generated")
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_num_threads(1)
    fold = load_fold(options.dataset, options.images, device)
    figures: dict[str, Any] = {"machine": machine(device), **vars(options), "json": None, "rows": []}
    print(json.dumps(figures["machine"]))
    for point, (eta, alpha) in POINTS.items():
        for loss in STUDIED:
            lanes = [Lane(eta, alpha, loss, seed) for seed in range(options.pairs)]
            for row in compared(lanes, Setup(epochs=options.epochs), fold):
                figures["rows"].append({"point": point, "loss": loss, **row})
                print(line(figures["rows"][-1]), flush=True)
    write(figures, options.json)
    return 0


def load_fold(dataset: str, images: int, device: str) -> Fold:
    """The first of ten folds of a generated data set."""
    data = load_dataset(dataset, Path("data"), images=images, download=False)
    train_numbers, test_numbers = split(data, folds=10, fold=0, seed=0)
    return make_fold(data, train_numbers, test_numbers, torch.device(device))


def compared(lanes: list[Lane], setup: Setup, fold: Fold) -> list[dict[str, Any]]:
    """One row for each low precision: differences from fp32 over the pairs."""
    base = train(lanes, setup, fold)
    rows = []
    for precision in PRECISIONS[1:]:
        low = train(lanes, replace(setup, precision=precision), fold)
        rows.append(
            {
                "precision": precision,
                "accuracy_fp32": 100 * float(accuracies(base).mean()),
                "spread_fp32": 100 * float(accuracies(base).std(ddof=1)),
                "accuracy_points": interval(100 * (accuracies(low) - accuracies(base))),
                "cross_entropy": interval(np.array([r.cross_entropy for r in low]) - [r.cross_entropy for r in base]),
                "diverged": [sum(r.divergence is not None for r in results) for results in (base, low)],
            }
        )
    return rows


def accuracies(results: list[LaneResult]) -> NDArray[np.float64]:
    """Share of the test images, one per lane."""
    return np.array([result.accuracy for result in results])


def interval(differences: NDArray[np.float64]) -> list[float]:
    """Mean, lower and upper end of its 95 % t-interval."""
    mean, n = float(differences.mean()), len(differences)
    half = float(student.isf(0.025, n - 1)) * float(differences.std(ddof=1)) / n**0.5
    return [mean, mean - half, mean + half]


def line(row: dict[str, Any]) -> str:
    """A row as text."""
    mean, low, high = row["accuracy_points"]
    return (
        f"{row['point']:20}{row['loss']:15}{row['precision']:6}fp32 {row['accuracy_fp32']:.2f} % "
        f"(spread {row['spread_fp32']:.2f}), difference {mean:+.3f} ({low:+.3f} to {high:+.3f}) points, "
        f"diverged {row['diverged'][0]} and {row['diverged'][1]}"
    )


if __name__ == "__main__":
    sys.exit(main())
