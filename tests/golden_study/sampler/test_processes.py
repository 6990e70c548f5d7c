"""Several processes on one storage, one of them killed: the plan is worked off as by one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import optuna
from optuna.trial import TrialState
from optuna_loops import TINY, TOP
from own_plans import own_study, work_off
from waiting import exit_code

from golden_study import judge
from golden_study.optuna_trials import key_of

SCRIPT = Path(__file__).parents[2] / "support" / "optuna_loops.py"


def start(url: str, patience: float, *options: str) -> subprocess.Popen[str]:
    """A worker with a user's loop."""
    command = [sys.executable, str(SCRIPT), url, "shared", str(patience), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE if options else None, text=True)


def test_processes_share_the_plan_and_take_over_from_a_killed_one(tmp_path: Path) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    url = f"sqlite:///{tmp_path / 'optuna.db'}"
    optuna.create_study(study_name="shared", storage=url, direction="maximize")
    hanging = start(url, 3_600.0, "--hangs")
    assert hanging.stdout is not None and hanging.stdout.readline() == "0\n"
    hanging.kill()
    assert exit_code(hanging) == -9
    hanging.stdout.close()
    workers = [start(url, 2.0) for _ in range(2)]
    assert [exit_code(worker) for worker in workers] == [0, 0]
    study = optuna.load_study(study_name="shared", storage=url)
    whole, results = work_off(own_study(design=TINY), TOP, looks=1)
    counted = {row["trial"]: row["val_acc"] for row in judge(study).rows}
    assert counted == {key[0]: each.value for key, each in results.items()}
    assert whole.verdict is not None and judge(study).sentence == whole.verdict.sentence
    assert study.trials[0].state is TrialState.RUNNING and key_of(study.trials[0].user_attrs) == (0, 0)
