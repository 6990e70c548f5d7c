"""Trials a second of a function that takes 1 ms, through the loop of `golden run` and `golden_study.locate`.

    python benchmarks/own_trainings.py [--quick] [--json out.json]

Two figures on SQLite, a new file for each round, medians of the rounds: a study of one phase (`TRIALS` random points),
and a whole locate study with its planning and its verdict. Beside them a bare loop that calls the same function, in
turn: what of a second the function itself takes on this machine.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a checkout, without being installed

from own_trainers import document, share_of
from record import conditions, write

from golden_study import Trial, locate
from studies.external.database_source import DatabaseSource
from studies.external.embedded import ensure_study
from studies.external.loop import run_trials
from studies.external.trial import CallableTrainer
from studies.language.spec import parse
from studies.storage.engine import open_database

TRIALS = 2_000
TAKES = 0.001  # seconds
GOAL = 200.0  # trials a second
LOCATE: dict[str, Any] = {"kind": "locate", "map_points": 96, "zoom_points": 48, "confirmation": "fixed"}


def train(trial: Trial) -> float:
    """A training of 1 ms."""
    until = time.perf_counter() + TAKES
    value = share_of(trial["eta"], trial["alpha"], order_seed=trial.order_seed, init_seed=trial.seed)
    while time.perf_counter() < until:
        pass
    return value


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--quick", action="store_true", help="one round of a quarter, for a look")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    rounds, trials = (1, TRIALS // 4) if options.quick else (5, TRIALS)
    figures = measure(rounds=rounds, trials=trials)
    print(table(figures))
    write(figures, options.json)
    return 0


def measure(*, rounds: int, trials: int) -> dict[str, Any]:
    """All figures, in trials a second."""
    bare, one_phase, whole = [], [], []
    runs = 0
    for _ in range(rounds):
        bare.append(of_bare_loop(500))
        one_phase.append(of_one_phase(trials))
        started = time.perf_counter()
        found = locate(train, study=document(name="whole", design=LOCATE))
        runs = len(found.rows)
        whole.append(runs / (time.perf_counter() - started))
    return {
        "conditions": conditions("sqlalchemy", "optuna", database="sqlite"),
        "n": rounds,
        "goal": GOAL,
        "bare loop": statistics.median(bare),
        f"one phase of {trials}": statistics.median(one_phase),
        f"a whole study of {runs}": statistics.median(whole),
    }


def of_bare_loop(calls: int) -> float:
    """Calls a second of a loop that only waits 1 ms, as `train` does."""
    started = time.perf_counter()
    for _ in range(calls):
        until = time.perf_counter() + TAKES
        while time.perf_counter() < until:
            pass
    return calls / (time.perf_counter() - started)


def of_one_phase(trials: int) -> float:
    """Trials a second of a study whose points are all known from the start; its verdict is not counted."""
    losses = [f"l{number}" for number in range(5)]
    design = {"kind": "search", "sampler": "random", "trials": -(-trials // len(losses)), "claim_replicates": 2}
    spec = parse(document(name="phase", losses=losses, design=design))
    with tempfile.TemporaryDirectory() as folder:
        db = open_database(f"sqlite:///{folder}/golden.db", pool_size=4)
        done = ensure_study(db, spec).summary.runs_expected
        started = time.perf_counter()
        run_trials(DatabaseSource(db, "phase", worker="w"), CallableTrainer(train, Path(folder)))
        seconds = time.perf_counter() - started
        db.dispose()
    return done / seconds


def table(figures: dict[str, Any]) -> str:
    """The figures for people."""
    lines = [
        ", ".join(f"{key} {value}" for key, value in figures["conditions"].items()),
        "",
        f"trials a second of a function that takes 1 ms, median of {figures['n']} rounds, goal {figures['goal']:g}",
    ]
    named = {key: value for key, value in figures.items() if key not in ("conditions", "n", "goal")}
    return "\n".join([*lines, *(f"  {name:28}{value:10.1f}" for name, value in named.items())])


if __name__ == "__main__":
    sys.exit(main())
