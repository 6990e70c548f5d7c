"""Programs as processes of their own: found wherever this project lies, and never in the current folder by accident."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import studies.programs
from studies.programs import SERVICE, WORKER, command_of, environment_of

ROOT = str(Path(studies.programs.__file__).parents[1])


def test_a_checkout_is_found_after_the_users_own_path_and_an_installation_is_left_alone(tmp_path: Path) -> None:
    assert environment_of({"PYTHONPATH": "/mine"})["PYTHONPATH"] == os.pathsep.join(["/mine", ROOT])
    assert environment_of({})["PYTHONPATH"] == ROOT


def test_a_package_of_the_current_folder_is_not_taken_for_ours(tmp_path: Path) -> None:
    (tmp_path / "service").mkdir()
    (tmp_path / "service" / "__init__.py").write_text("raise SystemExit(9)")
    command = [*command_of(SERVICE), "--version"]
    env = environment_of({k: v for k, v in os.environ.items() if k != "PYTHONSAFEPATH"})
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert (done.returncode, done.stdout[:12]) == (0, "golden-study")


@pytest.mark.parametrize("module", [SERVICE, WORKER])
@pytest.mark.parametrize(("given", "threads"), [({}, 1), ({"OPENBLAS_NUM_THREADS": "2"}, 2)])
def test_both_programs_compute_small_matrices_in_one_thread_unless_told_otherwise(
    module: str, given: dict[str, str], threads: int
) -> None:
    code = f"""
import sys, {module}
try: {module}.main(["--help"])
except SystemExit: pass
import numpy, scipy.linalg, threadpoolctl
print({{pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["internal_api"] == "openblas"}})"""
    env = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env={**env, **given}, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == str({threads})
