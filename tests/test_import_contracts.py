"""Every import contract of pyproject.toml breaks where one import that it forbids is added to a copy of the tree."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("golden_study", "service", "worker", "studies")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
# (contract, file, import added to it): several for contracts that once had a hole there.
FORBIDDEN = [
    ("processes", "worker/runner.py", "import service.settings"),
    ("processes", "service/app.py", "import worker.lease"),
    ("processes", "studies/advance.py", "import service.settings"),
    ("processes", "service/lease_source.py", "import golden_study"),
    ("package-libraries", "golden_study/working.py", "import service.app"),
    ("package-libraries", "golden_study/locating.py", "import torch"),
    ("package-libraries", "golden_study/verdict.py", "import torch"),
    ("package-libraries", "golden_study/judging.py", "from service.routes import studies"),
    ("storage", "golden_study/judging.py", "import optuna"),
    ("studies-libraries", "studies/figures/theme.py", "import torch"),
    ("studies-libraries", "studies/cost.py", "from starlette import requests"),
    ("service-libraries", "service/app.py", "import torch"),
    ("worker-libraries", "worker/claiming.py", "import fastapi"),
    ("training", "worker/training/lanes.py", "import worker.pipeline"),
    ("training", "worker/training/losses.py", "from studies.language import loss_names"),
    ("training", "worker/training/native/lanes.py", "from worker import lease"),
    ("storage", "studies/plan/later_looks.py", "import sqlalchemy"),
    ("storage", "studies/speed.py", "import optuna"),
    ("storage", "service/routes/studies.py", "from sqlalchemy import select"),
    ("storage", "worker/lease.py", "import alembic"),
    ("verdict", "studies/verdict/zone.py", "from studies.storage import results"),
    ("verdict", "studies/verdict/zone.py", "from studies.plan import points"),
    ("comparison", "studies/comparison/pairs.py", "from studies.storage import results"),
    ("rooms", "studies/verdict/zone.py", "from studies.comparison import pairs"),
    ("rooms", "studies/language/claim.py", "from studies import speed"),
    ("rooms", "studies/storage/queue.py", "from studies.plan import procedure"),
    ("rooms", "studies/plan/points.py", "from studies.calibration import power"),
    ("circles", "studies/language/claim.py", "from studies.language import spec"),
    ("circles", "worker/training/dataset.py", "from worker.training import data"),
    ("circles", "service/problems.py", "import service.app"),
]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages and of the contracts."""
    folder = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def _lint(tree: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    """Check the copy; the working directory comes first on the path, so that the copy is what is read."""
    program = Path(sys.executable).with_name("lint-imports")
    chosen = [word for contract in contracts for word in ("--contract", contract)]
    return subprocess.run([program, "--no-cache", *chosen], cwd=tree, capture_output=True, text=True, check=False)


def test_the_copy_itself_keeps_every_contract(tree: Path) -> None:
    done = _lint(tree)
    assert done.returncode == 0, done.stdout
    assert f"{len(CONTRACTS)} kept, 0 broken" in done.stdout


@pytest.mark.parametrize(("contract", "file", "line"), FORBIDDEN, ids=[f"{c}: {f}: {i}" for c, f, i in FORBIDDEN])
def test_one_forbidden_import_breaks_its_contract(tree: Path, contract: str, file: str, line: str) -> None:
    path = tree / file
    kept = path.read_text("utf-8")
    path.write_text(f"{kept}\n{line}\n", "utf-8")
    try:
        done = _lint(tree, contract)
    finally:
        path.write_text(kept, "utf-8")
    assert done.returncode == 1
    assert "0 kept, 1 broken" in done.stdout


def test_every_contract_is_tried() -> None:
    assert {contract["id"] for contract in CONTRACTS} == {contract for contract, _, _ in FORBIDDEN}


def test_no_contract_lists_single_files() -> None:
    """A list of files is outgrown; a folder takes in the files that come later."""
    for contract in CONTRACTS:
        for key in ("source_modules", "allowed_importers", "ancestors"):
            for module in contract.get(key, []):
                assert (ROOT / module.replace(".", "/")).is_dir(), f"{contract['id']}: {key} names {module}, no folder"
