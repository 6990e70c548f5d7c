"""`make gpu` and `make gpu-dry` where they cannot run, and the table that `make gpu` writes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from waiting import CEILING

ROOT = Path(__file__).parents[2]
UNSEEN = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1"}
TRAINING: dict[str, Any] = {  # made up
    "machine": {"gpu": "Some GPU", "cores": 16, "cpu": "Some CPU", "torch": "2.13.0", "python": "3.12.1"}
    | {"date": "2026-01-02", "load": [0.5, 0.4, 0.3]},
    "rounds": 5,
    "quick": False,
    "gate_holds": True,
    "gate_gap": 1.4e-14,
    "gate_gap_float32": 1.2e-3,
    "gate_middle_gap_float32": 3.1e-6,
    "matmul_gflops": 50_700.0,
    "copy_gbytes": 4200.0,
    "left_out": {"vmap, compiled x 512": "RuntimeError('no room')"},
    "mps": True,
    "headline_seconds": 124.3,
    "gpu_ratio_eager": 62.0,
    "gpu_ratio_vmap": None,
    "limit_share": 0.22,
    "compaction_share": 0.97,
    "costs_cuda": {
        name: {"cpu": 1.0, "wall": wall}
        for name, wall in (
            ("eager loop", 4.92),
            ("vmap, compiled x 32", 0.1),
            ("16 processes", 0.405),
            ("stack, torch", 0.0794),
            ("stack, torch x 21", 0.122),
        )
    },
}
PRECISION: dict[str, Any] = {
    "pairs": 20,
    "epochs": 30,
    "images": 1000,
    "dataset": "synthetic-digits",
    "rows": [
        {"point": "golden", "loss": "cross_entropy", "precision": "tf32", "accuracy_fp32": 86.4, "spread_fp32": 1.7}
        | {"accuracy_points": [-0.6, -1.8, 0.6], "diverged": [0, 1]}
    ],
}
TESTS = {"passed": 63, "failures": 0, "errors": 0, "skipped": 0}


@pytest.fixture
def benchmarks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    yield
    for name in ("gpu", "gpu_table"):
        sys.modules.pop(name, None)


def _module(name: str) -> ModuleType:
    return import_module(name)


def test_without_a_device_one_sentence_says_so() -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/gpu.py"], cwd=ROOT, env=UNSEEN, capture_output=True, text=True, timeout=CEILING
    )
    assert done.returncode == 2
    assert done.stdout.startswith("NOT RUN: this machine has ")
    assert done.stdout.count("\n") == 1
    assert "make gpu-dry" in done.stdout
    assert not done.stderr


@pytest.mark.usefixtures("benchmarks")
def test_without_torch_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu = _module("gpu")
    monkeypatch.setattr(gpu, "find_spec", lambda _name: None)
    assert gpu.no_device() == f"NOT RUN: {sys.executable} has no torch, run this by a Python that has one " + (
        "(make gpu PYTHON=...)."
    )


@pytest.mark.skipif(torch.version.cuda is not None, reason="this torch was built for CUDA")
def test_a_dry_run_by_a_torch_without_cuda_says_so_in_one_sentence() -> None:
    script = "tests/acceptance/gpu_dry/run.py"
    done = subprocess.run([sys.executable, script], cwd=ROOT, capture_output=True, text=True, timeout=CEILING)
    assert done.returncode == 77
    assert done.stdout == (
        f"NOT RUN: torch {torch.__version__} was built without CUDA, install one that was (make gpu-dry does)\n"
    )
    assert not done.stderr


@pytest.mark.usefixtures("benchmarks")
def test_the_marked_tests_are_found_without_the_project_s_own_settings(tmp_path: Path) -> None:
    gpu = _module("gpu")
    environment = {**gpu.with_extras(tmp_path / "packages"), "CUDA_VISIBLE_DEVICES": "-1"}
    assert gpu.runs([sys.executable, *gpu.parts(tmp_path, quick=True)["tests"]], environment)
    found = gpu.counts(tmp_path / "tests.xml")
    assert found.pop("skipped") > 50
    assert found == {"passed": 0, "failures": 0, "errors": 0}


@pytest.mark.usefixtures("benchmarks")
def test_the_table_holds_every_figure() -> None:
    table = _module("gpu_table").markdown(TRAINING, PRECISION, TESTS, [])
    assert "Some GPU, 16 cores (Some CPU), torch 2.13.0" in table
    assert "| plain loop, data on the device | 4.92 | 1 |" in table
    assert "| the same, `torch.compile`, 32 lanes | 0.1 | 49.2 |" in table
    assert "| 16 plain processes, MPS | 0.405 | 12.1 |" in table
    assert "| **this engine** | **0.0794** | **62** |" in table
    assert "| this engine, 21 lanes | 0.122 | 40.3 |" in table
    assert "- *Tests on the device*: 63 passed." in table
    assert "1.4e-14 in float64, 1.2e-03 in float32 (3.1e-06 in the middle)." in table
    assert "(`headline_seconds`): 124 s." in table
    assert "the plain loop's time over ours | 30 (100) | 62 | reached |" in table
    assert "over ours | 3 (10) | not measured |  |" in table
    assert "| 0.5 | 0.22 | **missed** |" in table
    assert "| golden | cross-entropy | tf32 | 86.4 (1.7) | -0.60 (-1.80 to +0.60) | 0, 1 |" in table
    assert "Left out*: vmap, compiled x 512: RuntimeError('no room')" in table
    assert "Failed" not in table


@pytest.mark.usefixtures("benchmarks")
def test_the_table_says_what_is_missing() -> None:
    table = _module("gpu_table").markdown({}, {}, {}, ["tests", "training"])
    assert table.count("ot measured") == 2
    assert "*Nothing was measured.*" in table
    assert "not run" in table
    assert "**Failed**: tests, training." in table
    broken = TRAINING | {"gate_holds": False, "costs_cuda": None, "mps": False}
    assert "**did not hold**, so that nothing was timed" in _module("gpu_table").markdown(broken, {}, {}, [])
