"""No Slurm is here: the options of the recipe are those that sbatch and srun know, each with a value of its form."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

RECIPE = Path(__file__).resolve().parents[2] / "deploy" / "slurm" / "worker.sbatch"
FORMS = {  # https://slurm.schedmd.com/sbatch.html
    "job-name": r"[\w.-]+",
    "array": r"\d+(-\d+)?(:\d+)?(,\d+(-\d+)?)*(%\d+)?",
    "ntasks": r"[1-9]\d*",
    "cpus-per-task": r"[1-9]\d*",
    "mem": r"\d+[KMGT]?",
    "gres": r"\w+(:\w+)?(:\d+)?(,\w+(:\w+)?(:\d+)?)*",
    "time": r"(\d+-)?\d{1,2}(:\d{2}){1,2}",
    "signal": r"((R|B|RB):)?[A-Z]+(@\d+)?",
    "open-mode": r"append|truncate",
    "output": r"[\w./%-]+",
    "requeue": None,
}


def problems(text: str) -> list[str]:
    """Options that sbatch would refuse."""
    found = []
    for line in re.findall(r"^#SBATCH (.*)$", text, re.MULTILINE):
        option, _, value = line.removeprefix("--").partition("=")
        form = FORMS.get(option, "no such option")
        if not line.startswith("--") or not (value == "" if form is None else re.fullmatch(form, value)):
            found.append(line)
    return found


def test_sbatch_knows_every_option() -> None:
    text = RECIPE.read_text("utf-8")
    assert len(re.findall(r"^#SBATCH ", text, re.MULTILINE)) > 5
    assert problems(text) == []


@pytest.mark.parametrize(
    "line", ["--cpu-per-task=4", "--time=four hours", "--signal=TERM@soon", "-n 1", "--requeue=yes"]
)
def test_what_sbatch_would_refuse_is_found(line: str) -> None:
    assert problems(f"#!/bin/bash\n#SBATCH {line}\n") == [line]


def test_the_worker_is_told_to_stop_long_enough_before_the_time_is_up() -> None:
    seconds = re.search(r"--signal=TERM@(\d+)", RECIPE.read_text("utf-8"))
    assert seconds is not None
    assert int(seconds[1]) >= 90
    assert "exec srun" in RECIPE.read_text("utf-8"), "the signal reaches the worker, not a shell before it"
