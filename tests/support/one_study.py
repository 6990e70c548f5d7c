"""One study for four ways of serving it: its document, and a training that is a pure function of point and seeds.

python one_study.py LR WIDTH ORDER_SEED INIT_SEED    trains once, and prints the result as its last line
"""

from __future__ import annotations

import json
import math
import sys
from typing import Any

STUDY: dict[str, Any] = {
    "schema_version": 3,
    "name": "one",
    "claim": {"at": {"lr": 0.1, "width": 100.0}, "tolerance": {"width": 10.0}},
    "parameters": [
        {"name": "lr", "scale": "log", "low": 1e-4, "high": 1.0},
        {"name": "width", "scale": "linear", "low": 8.0, "high": 128.0},
    ],
    "measure": {"name": "loss", "direction": "minimize", "kind": "positive"},
    "contexts": [{"trainer": "external", "name": "mine", "settings": {"network": "mlp"}}],
    "design": {"map_points": 24, "claim_replicates": 4, "zoom_points": 12, "confirm_blocks": 8},
    "replication": {"folds": 1},
}
SEEDS = 2**32  # commands and functions get seeds below this


def loss(lr: float, width: float, order_seed: int, init_seed: int) -> float:
    """The loss that a training yields; nan where it breaks."""
    if lr > 0.5:
        return math.nan
    slope, bend = math.log(lr / 0.01), (width - 40.0) / 20.0
    return math.exp(0.1 * slope**2 + 0.3 * bend**2 + 0.3 * _noise(order_seed % SEEDS, init_seed % SEEDS))


def _noise(*seeds: int) -> float:
    """About normal, of variance 1."""
    state = 0
    for seed in seeds:
        state = (state + seed) * 6364136223846793005 + 1442695040888963407 & 2**64 - 1
        state ^= state >> 29
    return (sum(state >> shift & 0xFFFF for shift in (0, 16, 32, 48)) / 2**16 - 2.0) * math.sqrt(3.0)


if __name__ == "__main__":
    found = loss(*map(float, sys.argv[1:3]), *map(int, sys.argv[3:5]))
    print(json.dumps({"loss": found} if found == found else {"diverged": True}))
