"""The quickstart study, from its submission to its last result, against the plain loop on the same runs.

    python benchmarks/quickstart.py [--sample 40] [--json out.json]

One real `golden-worker` works the study off on SQLite: its start, loading, claiming, planning and storing are in its
CPU seconds. The plain loop trains a random sample of the study's points, each with its loss, on the map's first fold,
stores nothing, and is multiplied up; it too stops at a loss that is not finite. Both on one thread.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a checkout, without being installed

from pipeline import migrated, work
from record import conditions, write

from studies.language.catalogue import load
from studies.language.phases import Phase
from studies.language.spec import StudySpec
from studies.plan.procedure import expected_runs, first_plans
from studies.plan.replicates import map_replicate
from studies.storage import overview, results, studies
from studies.storage.engine import Database, open_database
from worker.datasets import DatasetCache
from worker.lanes_of import setup_of
from worker.training.lanes import Lane
from worker.training.reference import train_one

GOAL = 5.0


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--sample", type=int, default=40, help="runs that the plain loop trains")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    torch.set_num_threads(1)
    spec = load("quickstart")
    with tempfile.TemporaryDirectory() as folder:
        db = open_database(migrated(f"sqlite:///{folder}/golden.db"))
        studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))
        before = children_seconds()
        account = work(f"sqlite:///{folder}/golden.db", threads=1)
        study = children_seconds() - before
        plain, runs = plain_seconds(db, spec, options.sample)
        db.dispose()
    figures: dict[str, Any] = {
        "conditions": conditions("torch", "sqlalchemy"),
        "runs": runs,
        "study_cpu_seconds": study,
        "plain_cpu_seconds": plain,
        "sample": options.sample,
        "quickstart_ratio": plain / study,
        "worker": account,
        "goals_met": {"quickstart_ratio": plain / study >= GOAL},
    }
    print(json.dumps(figures, indent=2))
    write(figures, options.json)
    return 0


def children_seconds() -> float:
    """CPU seconds of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def plain_seconds(db: Database, spec: StudySpec, sample: int) -> tuple[float, int]:
    """(CPU seconds of all runs by the plain loop, extrapolated from a sample of them; number of runs)."""
    done = [
        (sweep.loss, float(eta), float(alpha))
        for sweep in overview.get(db, spec.name).sweeps
        for rows in [results.runs(db, spec.name, sweep.name)]
        for eta, alpha in zip(rows.eta, rows.alpha, strict=True)
    ]
    context, cache = spec.contexts[0], DatasetCache(Path("data"), torch.device("cpu"))
    replicate = map_replicate(spec, context, Phase.MAP, point=0, group=0, repeat=0)
    fold, setup = cache.fold(context, replicate, folds=spec.replication.folds), setup_of(context, replicate.order_seed)
    seconds = []
    for loss, eta, alpha in random.Random(spec.seed).sample(done, sample):
        started = time.process_time()
        train_one(Lane(eta, alpha, loss, replicate.init_seed), setup, fold)
        seconds.append(time.process_time() - started)
    return statistics.mean(seconds) * len(done), len(done)


if __name__ == "__main__":
    sys.exit(main())
