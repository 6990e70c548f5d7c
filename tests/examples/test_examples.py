"""The commands of examples/README.md end in a verdict."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import pytest
from processes import BIN

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples"
README = (FOLDER / "README.md").read_text("utf-8")
COMMANDS = re.findall(r"\| `((?:python|golden) [^`]+)` \|", README)
NEEDS = {"digits_cnn": "torch", "mlp_classifier": "sklearn", "boosting": "lightgbm", "optuna_loop": "sklearn"}
VERDICT = re.compile(r" = [-+.\de]+, \w+ = [-+.\de]+: (supported|refuted|inconclusive) ")
ARMS = ("opposite", "likeliest", "rival")
SMALLEST = ["map_points=16", "claim_replicates=2", "confirm_blocks=2", *(f"{arm}=false" for arm in ARMS)]


def needed(command: str, needs: Mapping[str, str]) -> list[str]:
    """Packages that a command needs and that are not installed."""
    return [name for script, name in needs.items() if f"{script}.py" in command and find_spec(name) is None]


def on_this_machine(command: str, folder: Path) -> list[str]:
    """The words of a command, with this test's interpreter, and whatever it keeps in a folder of its own."""
    words = [sys.executable if word == "python" else word for word in shlex.split(command)]
    if words[0] != "golden":
        return words
    scaled = [word for field in SMALLEST for word in ("--set", f"design.{field}")] if "digits_cnn" in command else []
    return [str(BIN / "golden"), "run", "--folder", str(folder), *scaled, *words[2:]]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command.split()[:4]))
def test_a_command_of_the_table_ends_in_a_verdict(command: str, tmp_path: Path) -> None:
    missing = needed(command, NEEDS)
    if missing:
        pytest.skip(f"{' and '.join(missing)} not installed: pip install 'golden-study[examples]'")
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GOLDEN_")}
    env = {**plain, "OMP_NUM_THREADS": "1", "COLUMNS": "1000"}
    words = on_this_machine(command, tmp_path / "kept")
    done = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert VERDICT.search(done.stdout), done.stdout


def test_the_table_names_every_example() -> None:
    files = {path.name for path in FOLDER.iterdir() if path.is_file() and path.name != "README.md"}
    assert set(re.findall(r"\]\(([\w.]+)\)", README)) == files
    in_commands = {name for name in files if f"examples/{name}" in README}
    assert in_commands == files


def test_scripts_state_the_commands_of_the_table() -> None:
    for path in (*FOLDER.glob("*.py"), *FOLDER.glob("*.sh")):
        stated = " ".join(path.read_text("utf-8").replace("\\\n", " ").replace("\n#", "\n").split())
        own = [command for command in COMMANDS if f"examples/{path.name}" in command]
        assert own
        assert [command for command in own if command not in stated] == [], path.name
