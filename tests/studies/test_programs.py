"""Programs as processes of their own: found wherever this project lies, and never in the current folder by accident."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import studies.programs
from studies.programs import SERVICE, command_of, environment_of

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
