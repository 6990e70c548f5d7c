"""The files where a stranger looks first: how to cite, report, propose and check."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from processes import BIN

ROOT = Path(__file__).parents[2]
FORMS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / ".github/ISSUE_TEMPLATE").glob("[mw]*.yml"))
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("citation-file-format", ["CITATION.cff"]),
        ("github-workflows", [".github/workflows/test.yml"]),
        ("github-issue-forms", FORMS),
        ("github-issue-config", [".github/ISSUE_TEMPLATE/config.yml"]),
    ],
)
def test_they_have_the_form_that_their_readers_expect(schema: str, files: list[str]) -> None:
    assert files
    words = [str(BIN / "check-jsonschema"), "--builtin-schema", f"vendor.{schema}", *files]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_citation_names_this_release() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert cited["version"] == VERSION


def test_the_workflow_runs_the_commands_that_everybody_runs() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text("utf-8"))
    runs = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    assert "bash .ci/run" in runs
    made = [run.removeprefix("make ") for run in runs if run.startswith("make ")]
    assert set(made) <= TARGETS
    assert len(made) + 1 == len(runs)
    known = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["classifiers"]
    for python in workflow["jobs"]["test"]["strategy"]["matrix"]["python"]:
        assert f"Programming Language :: Python :: {python}" in known


def test_the_hooks_are_our_own_tools() -> None:
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert repository["repo"] == "local"
    named = [name for hook in repository["hooks"] for name in re.findall(r"\.venv/bin/([\w-]+)", hook["entry"])]
    assert set(named) == {"ruff", "lint-imports", "python"}
    assert [name for name in named if not (BIN / name).exists()] == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "SECURITY.md", ".github/PULL_REQUEST_TEMPLATE.md"])
def test_every_link_and_target_that_they_name_exists(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    files = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert [name for name in files if name and not ((ROOT / page).parent / name).exists()] == []
    assert [name for name in re.findall(r"`make ([a-z-]+)", text) if name not in TARGETS] == []
