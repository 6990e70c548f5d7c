"""What an answer costs, from submission to verdict: trainings, CPU-seconds and wall time, here and by a plain loop.

    python benchmarks/answer.py [--full] [--sample 40] [--only quickstart] [--json out.json]

Here: a study is stored, one `golden-worker` process of one thread works it off on SQLite, and its verdict is made. The
CPU-seconds are those of the worker's process, start and planning included, and of submission and verdict in this one.

There: the same trainings (each point, loss, split and seeds of the same fixed design) as trials of Optuna, enqueued
and run by `study.optimize` on SQLite, whose objective is the plain PyTorch loop: module, autograd, `torch.optim.SGD`,
one thread. It makes no verdict. A sample of the trainings, drawn by the study's seed, is really run, each timed within
`study.optimize`, and scaled to the number that the study took (`same trainings`) and to the design's upper bound, which
a loop that does not look at its pairs in between would have to run (`whole design`). The figure of wall time supposes
one process here and there.

`golden-landscape` is taken at 1,000 images and 3 epochs, about a hundredth of its trainings' length, so that it ends
in minutes; its design, losses and folds stay. `--full` takes it as it stands in the catalogue: hours.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a checkout, without being installed

import optuna
import sqlalchemy as sa
from pipeline import migrated, work
from quickstart import children_seconds
from record import conditions, write

from studies.judgement import judged
from studies.language.catalogue import load
from studies.language.spec import StudySpec, parse
from studies.plan.procedure import expected_runs, first_plans
from studies.records import Replicate
from studies.storage import schema, studies
from studies.storage.engine import Database, open_database
from worker.datasets import DatasetCache
from worker.lanes_of import setup_of
from worker.training.lanes import Lane
from worker.training.reference import train_one

REDUCED = {"images": 1000, "epochs": 3}


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--full", action="store_true", help="golden-landscape at the catalogue's scale: hours")
    parser.add_argument("--sample", type=int, default=40, help="trainings that the plain loop runs of each study")
    parser.add_argument("--only", choices=["quickstart", "golden-landscape"], help="one of the two")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    torch.set_num_threads(1)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    figures: dict[str, Any] = {"conditions": conditions("torch", "optuna", "sqlalchemy"), "answers": []}
    for name in [options.only] if options.only else ["quickstart", "golden-landscape"]:
        figures["answers"].append(measure(scaled(name, full=options.full), options.sample))
        print(json.dumps(figures["answers"][-1], indent=2), flush=True)
        write(figures, options.json)
    print(json.dumps(figures["conditions"]))
    return 0


def scaled(name: str, *, full: bool) -> StudySpec:
    """A study of the catalogue, the landscape with short trainings unless all of it is wanted."""
    spec = load(name)
    if full or name == "quickstart":
        return spec
    document = spec.model_dump(mode="json")
    document["contexts"] = [{**context, **REDUCED} for context in document["contexts"]]
    return parse(document)


def measure(spec: StudySpec, sample: int) -> dict[str, Any]:
    """What the study's answer costs here and with a loop of one's own."""
    with tempfile.TemporaryDirectory() as folder:
        db = open_database(migrated(f"sqlite:///{folder}/golden.db"))
        here = answered(db, spec, f"sqlite:///{folder}/golden.db")
        there = looped(db, spec, f"sqlite:///{folder}/optuna.db", sample)
        db.dispose()
    most = expected_runs(spec)
    same = {key: here["trainings"] * value for key, value in there.items()}
    whole = {key: most * value for key, value in there.items()}
    return {
        "study": spec.name,
        "contexts": [{"images": context.images, "epochs": context.epochs} for context in spec.contexts],
        "here": here,
        "optuna_and_plain_loop": {"sample": sample, "a training": there, "same trainings": same, "whole design": whole},
        "whole_design_trainings": most,
        "cpu_ratio": same["cpu_seconds"] / here["cpu_seconds"],
        "wall_ratio": same["wall_seconds"] / here["wall_seconds"],
        "whole_design_cpu_ratio": whole["cpu_seconds"] / here["cpu_seconds"],
    }


def answered(db: Database, spec: StudySpec, url: str) -> dict[str, Any]:
    """From submission to verdict: trainings, CPU-seconds, wall seconds, and the answer."""
    own, others = time.process_time(), children_seconds()
    studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))
    account = work(url, threads=1)
    started = time.perf_counter()
    detail, verdict = judged(db, spec.name)
    judging, ended = time.perf_counter() - started, detail.summary.finished_at
    assert ended is not None, "the study has not ended"
    return {
        "trainings": detail.summary.runs_done,
        "cpu_seconds": time.process_time() - own + children_seconds() - others,
        "wall_seconds": (ended - detail.summary.created_at).total_seconds() + judging,
        "outside_training": account["outside_training"],
        "answer": verdict.outcome.value,
    }


def trained(db: Database, spec: StudySpec) -> list[tuple[tuple[str, float, float], Replicate]]:
    """The study's trainings: (loss, eta, alpha), and split, fold and seeds."""
    s, t, r = schema.sweeps.c, schema.trials.c, schema.runs.c
    rows = (
        sa.select(s.loss, t.eta, t.alpha, r.split, r.fold, r.order_seed, r.init_seed)
        .select_from(schema.runs.join(schema.trials, r.trial_id == t.id).join(schema.sweeps, t.sweep_id == s.id))
        .order_by(t.id, r.run)
    )
    with db.read() as connection:
        found = connection.execute(rows).all()
    return [((row[0], row[1], row[2]), Replicate(*row[3:])) for row in found]


def looped(db: Database, spec: StudySpec, url: str, sample: int) -> dict[str, float]:
    """CPU-seconds and wall seconds of a training as a trial of Optuna, means of a sample."""
    chosen = random.Random(spec.seed).sample(trained(db, spec), sample)
    cache = DatasetCache(Path("data"), torch.device("cpu"))
    for _, replicate in chosen:
        cache.fold(spec.contexts[0], replicate, folds=spec.replication.folds)  # loaded before the clock starts
    study = optuna.create_study(storage=url)
    todo = iter(chosen)

    def objective(trial: optuna.Trial) -> float:
        (loss, eta, alpha), replicate = next(todo)
        trial.suggest_float("eta", 1e-6, 10.0, log=True)
        trial.suggest_float("alpha", 0.0, 1.0)
        context = spec.contexts[0]
        fold = cache.fold(context, replicate, folds=spec.replication.folds)
        setup = setup_of(context, replicate.order_seed)
        result, _ = train_one(Lane(eta, alpha, loss, replicate.init_seed), setup, fold)
        return 1.0 - result.accuracy

    started, own = time.perf_counter(), time.process_time()
    for (_, eta, alpha), _ in chosen:
        study.enqueue_trial({"eta": eta, "alpha": alpha})
    study.optimize(objective, n_trials=sample)
    return {
        "cpu_seconds": (time.process_time() - own) / sample,
        "wall_seconds": (time.perf_counter() - started) / sample,
    }


if __name__ == "__main__":
    sys.exit(main())
