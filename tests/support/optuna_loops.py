"""An Optuna loop as a user has it, on a planted landscape: a function, and a program for several processes.

python optuna_loops.py sqlite:///FILE NAME PATIENCE [--hangs]

With `--hangs` it prints the number of its trial and trains for ever.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import optuna
from own_plans import CLAIM, DESIGN, MEASURE, SPACE, Height, peaked, share_of

from golden_study import LocateSampler

SMALL = {**DESIGN, "map_points": 24, "claim_replicates": 4, "zoom_points": 16}
TINY = {
    **SMALL,
    "map_points": 16,
    "claim_replicates": 2,
    "zoom_points": 4,
    "confirmation": "fixed",
    "confirm_blocks": 2,
}
TOP = peaked(0.016, 0.874)


def sampler(**changes: Any) -> LocateSampler:
    """A sampler of a small study."""
    return LocateSampler(**{"claim": CLAIM, "space": SPACE, "measure": MEASURE, "design": SMALL, **changes})


def suggested(trial: optuna.Trial) -> tuple[float, float]:
    """The two parameters, as an objective suggests them."""
    return trial.suggest_float("lr", 1e-4, 1.0, log=True), trial.suggest_float("beta1", 0.0, 0.99)


def objective(trial: optuna.Trial) -> float:
    """A training that yields what point and seeds say."""
    return at_top(trial, TOP)


def at_top(trial: optuna.Trial, height: Height) -> float:
    """The same on any landscape."""
    lr, beta1 = suggested(trial)
    seeds = trial.user_attrs
    return share_of(lr, beta1, seeds["order_seed"], seeds["init_seed"], height)


def _hanging(trial: optuna.Trial) -> float:
    suggested(trial)
    print(trial.number, flush=True)
    time.sleep(3_600)
    return 0.0


def main() -> None:
    """Work on a study that other processes share."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    url, name, patience = sys.argv[1:4]
    tiny = sampler(patience=float(patience), design=TINY, looks=1)
    study = optuna.create_study(study_name=name, storage=url, direction="maximize", load_if_exists=True, sampler=tiny)
    study.optimize(_hanging if "--hangs" in sys.argv else objective)


if __name__ == "__main__":
    main()
