"""Tables in the column layouts of the tools that track trainings, on one planted landscape."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Sequence

PEAK = (0.016, 0.874)
Row = tuple[float, float, float]  # learning rate, momentum, accuracy


def distance(rate: float, momentum: float) -> float:
    """A bowl in the logarithms of rate and 1 - momentum, 0 at the peak."""
    gaps = math.log(rate / PEAK[0]), math.log((1.0 - momentum) / (1.0 - PEAK[1]))
    return gaps[0] ** 2 / 30 + gaps[1] ** 2 / 15


def rows(count: int = 24, seed: int = 1) -> list[Row]:
    """Random points with their accuracies."""
    chance = random.Random(seed)
    points = [(round(10 ** chance.uniform(-3.2, -0.6), 6), round(chance.uniform(0.0, 0.97), 4)) for _ in range(count)]
    return [(lr, m, round(max(0.1, 0.98 - distance(lr, m) / 8 + chance.gauss(0, 0.004)), 4)) for lr, m in points]


def csv_of(header: str, cells: Callable[[int, Row], Sequence[object]], count: int = 24) -> bytes:
    """A table with one line for each row."""
    lines = (",".join(map(str, cells(i, row))) for i, row in enumerate(rows(count)))
    return "\n".join((header, *lines)).encode()


def wandb(count: int = 24) -> bytes:
    """The export of the W&B runs table; every ninth run crashed."""
    header = "Name,State,Notes,User,Tags,Created,Runtime,lr,momentum,epoch,loss,phase,val_acc"
    return csv_of(
        header, lambda i, row: (*_wandb(i), *row[:2], 20, 0.3 + i, "train", "" if i % 9 == 4 else row[2]), count
    )


def _wandb(i: int) -> tuple[object, ...]:
    state = "crashed" if i % 9 == 4 else "finished"
    return f"eager-frog-{i}", state, "-", "me", "", "2026-01-01T10:00:00.000Z", 100 + i


def mlflow() -> bytes:
    """`mlflow.search_runs` as CSV; one failed, one was killed."""
    header = "run_id,status,start_time,metrics.val_acc,metrics.loss,params.lr,params.momentum,params.seed,tags.user"
    states = {3: "FAILED", 7: "KILLED"}
    return csv_of(
        header,
        lambda i, r: (f"{i:032x}", states.get(i, "FINISHED"), 0, "" if i == 3 else r[2], 1, *r[:2], 20240101 + i, "me"),
    )


def ray(epochs: int = 1) -> bytes:
    """`ResultGrid.get_dataframe()`, or the progress of every trial where `epochs` is more than 1."""
    lines = ["trial_id,training_iteration,done,mean_accuracy,config/lr,config/momentum,pid"]
    for i, (lr, m, accuracy) in enumerate(rows()):
        for epoch in range(1, epochs + 1):
            value = round(accuracy * (1.0 - 0.5 * (epochs - epoch) / epochs), 4)
            lines.append(f"a1b2c_{i:05d},{epoch},True,{value},{lr},{m},1")
    return "\n".join(lines).encode()


def tensorboard() -> bytes:
    """The table of the HParams dashboard."""
    header = "Trial ID,Show Metrics,hparams/lr,hparams/momentum,status,validation.epoch_accuracy"
    return csv_of(header, lambda i, row: (f"{i:040x}", "false", *row[:2], "STATUS_SUCCESS", row[2]))


def keras_tuner() -> list[dict[str, object]]:
    """The `trial.json` of every trial."""
    return [
        {
            "trial_id": f"{i:02d}",
            "hyperparameters": {"space": [], "values": {"learning_rate": lr, "momentum": momentum}},
            "metrics": {"metrics": {"val_accuracy": {"direction": "max", "observations": [{"value": [a], "step": 4}]}}},
            "score": a,
            "status": "COMPLETED",
        }
        for i, (lr, momentum, a) in enumerate(rows())
    ]


def keras_tuner_json() -> bytes:
    """The same as one list."""
    return json.dumps(keras_tuner()).encode()
