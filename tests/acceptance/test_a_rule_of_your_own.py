"""A stranger follows docs/learning-rules.md to the letter: its rule and its network pass every conformance test."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAME = "signsgd"
NETWORKS = "## Add a network"  # the part of the page on them
NETWORK = "diamond"
OF_NETWORKS = ("tests/worker/training/modules", "tests/worker/training/test_module_lanes.py", "tests/studies/learning")
TESTS = ("tests/worker/training/rules", "tests/worker/training/test_scheduled_trainings.py", "tests/studies/learning")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the project, as far as the page's commands need it."""
    odd = shutil.ignore_patterns("__pycache__", "results", "images")
    for part in ("studies", "worker", "service", "golden_study", "tests", "docs"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=odd)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def blocks() -> dict[str, str]:
    """The page's pieces of Python on rules by the file that their first line names."""
    page = (ROOT / "docs/learning-rules.md").read_text("utf-8").partition(NETWORKS)[0]
    return _pieces(page)


def _pieces(text: str) -> dict[str, str]:
    found = re.findall(r"```python\n# (\S+?\.py)[^\n]*\n(.*?)```", text, re.DOTALL)
    return dict(found)


def follow(tree: Path) -> None:
    """Do what the page says."""
    rule, row, solo = blocks().values()
    (tree / f"worker/training/rules/{NAME}.py").write_text(rule)
    registry = tree / "studies/learning/update_rules.py"
    before = registry.read_text("utf-8")
    registry.write_text(before.replace("\n)\n\n\ndef by_name", f"\n{row})\n\n\ndef by_name"))
    optimizer, entry = solo.split("# in SOLO\n")
    file = tree / "worker/training/solo.py"
    text = file.read_text("utf-8").replace("\nclass Dlr(_Plain)", f"\n{optimizer}\nclass Dlr(_Plain)")
    file.write_text(text.replace('    "heavy_ball": _sgd,\n', f'    "heavy_ball": _sgd,\n{entry}'))


def run(tree: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], cwd=tree, capture_output=True, text=True)


def test_the_pages_example_is_a_rule_with_all_that_follows(tree: Path) -> None:
    follow(tree)
    tables = run(tree, "-m", "service.cli", "schema", "--rules")
    assert f"| `{NAME}` | SignSGD." in tables.stdout, tables.stderr
    done = run(tree, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", f"{NAME} or registered", *TESTS)
    assert done.returncode == 0, done.stdout[-3000:]
    count = re.search(r"(\d+) passed", done.stdout)
    assert count is not None and int(count[1]) > 30
    taken = {"name": "x", "contexts": [{"dataset": "digits", "update_rule": NAME}]}
    said = run(tree, "-c", f"from studies.language.spec import parse; parse({taken!r})")
    assert "signsgd, which has a learning rate alone: a claim about one parameter is a claim on a line" in said.stderr


def test_a_rule_without_a_reference_fails(tree: Path) -> None:
    rule, *_ = blocks().values()
    (tree / f"worker/training/rules/{NAME}.py").write_text(rule)
    done = run(tree, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-x", TESTS[0])
    assert done.returncode == 1
    assert NAME in done.stdout


def test_the_pages_network_is_one_with_all_that_follows(tree: Path) -> None:
    module, row = _pieces((ROOT / "docs/learning-rules.md").read_text("utf-8").partition(NETWORKS)[2]).values()
    (tree / f"worker/training/modules/{NETWORK}.py").write_text(module)
    registry = tree / "studies/learning/networks.py"
    before = registry.read_text("utf-8")
    head, entries = before.split("ENTRIES: tuple[Network, ...] = (\n")
    rows, rest = entries.split("\n)\n", maxsplit=1)
    registry.write_text(f"{head}ENTRIES: tuple[Network, ...] = (\n{rows}\n{row})\n{rest}")
    done = run(tree, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", f"{NETWORK} or registered", *OF_NETWORKS)
    assert done.returncode == 0, done.stdout[-3000:]
    count = re.search(r"(\d+) passed", done.stdout)
    assert count is not None and int(count[1]) > 15
    context = {"dataset": "digits", "network": NETWORK, "backward_rule": {"name": "substitute", "layer": "third"}}
    said = run(
        tree, "-c", f"from studies.language.spec import parse; parse({{'name': 'x', 'contexts': [{context!r}]}})"
    )
    assert said.returncode == 0, said.stderr
