"""Time that a preview predicts for a study beside the time it takes: different shapes, one real worker, on SQLite.

    python benchmarks/preview.py [--quick] [--json out.json]

The worker starts with nothing to do and calibrates itself, about two seconds on a free machine. Then each study is
previewed, submitted and worked off, one after the other. Every kind of training (network and shape of image) comes
up for the first time as a study that only the calibration can predict; further studies of a kind follow with another
batch size or number of epochs, by when the worker has corrected itself. The ratio is predicted over actual.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a checkout, without being installed

import torch
from record import conditions, write
from waiting import wait_until

from studies.cost import preview
from studies.language.spec import parse
from studies.plan.procedure import expected_runs, first_plans
from studies.storage import overview, studies, workers
from studies.storage.engine import Database, open_database
from studies.storage.migrate import migrate
from worker.speedometer import Speedometer

LARGE = {"dataset": "rotated-digits", "images": 2000}
SHAPES: dict[str, dict[str, Any]] = {
    "fig3-8x8": {"dataset": "digits", "epochs": 30},
    "fig3-28x28": {**LARGE, "epochs": 6},
    "mlp-8x8": {"dataset": "digits", "network": "mlp", "epochs": 15},
    "mlp-28x28": {**LARGE, "network": "mlp", "epochs": 6},
    "softmax-8x8": {"dataset": "digits", "network": "softmax", "epochs": 30},
    "softmax-28x28": {**LARGE, "network": "softmax", "epochs": 15},
    "fig3-8x8-batch-16": {"dataset": "digits", "epochs": 10, "batch_size": 16},
    "fig3-28x28-batch-32": {**LARGE, "epochs": 4, "batch_size": 32, "reshuffle": True},
}


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--quick", action="store_true", help="the first two shapes only")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    names = list(SHAPES)[: 2 if options.quick else None]
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/golden.db"
        db = open_database(url)
        migrate(db)
        figures = {"conditions": conditions("torch", "sqlalchemy", "psycopg"), "cases": measure(db, url, names)}
        db.dispose()
    print(json.dumps(figures["conditions"]))
    write(figures, options.json)
    return 0


def measure(db: Database, url: str, names: list[str]) -> list[dict[str, Any]]:
    """Predicted and actual seconds of each shape."""
    command = [sys.executable, "-m", "worker.main", "--device", "cpu", "--poll-seconds", "0.2"]
    root = Path(__file__).resolve().parents[1]
    env = {**os.environ, "GOLDEN_DATABASE_URL": url}
    worker = subprocess.Popen(command, env=env, cwd=root, stderr=subprocess.DEVNULL)
    try:
        kinds = Speedometer(torch.device("cpu")).kinds  # of every network, and of the catalogue
        wait_until(lambda: any(kinds <= w.speeds.keys() for w in workers.list_workers(db)), what="calibration")
        cases = []
        for name in names:
            cases.append({"shape": name, **predict(db, name)})
            print(f"{name:24}" + "  ".join(f"{k} {v:.2f}" for k, v in cases[-1].items() if k != "shape"), flush=True)
        return cases
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(60)


def predict(db: Database, name: str) -> dict[str, float]:
    """One study: previewed, then trained."""
    document = {"name": name, "losses": ["golden", "cross_entropy"], "contexts": [{"name": "paper", **SHAPES[name]}]}
    spec = parse({**document, "design": {"kind": "locate", "confirm_blocks": 10}, "replication": {"folds": 3}})
    cost = preview(spec, None, [w.speeds for w in workers.list_workers(db) if w.alive])
    started = time.monotonic()
    studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))
    wait_until(lambda: overview.get(db, name).summary.state == "complete", seconds=1800, what=name)
    actual = time.monotonic() - started
    return {"runs": cost.runs, "predicted": cost.seconds, "actual": actual, "ratio": cost.seconds / actual}


if __name__ == "__main__":
    sys.exit(main())
