"""Everything that has to be seen on a CUDA device, by one command, with a table ready for `docs/performance.md`.

    python benchmarks/gpu.py [--quick] [--out build/gpu]        (or: make gpu)

Needs a Python with torch, numpy and this checkout. pytest, SciPy and matplotlib are installed into the output folder
where they are missing. In turn: the tests that are marked `gpu`; `training.py` with its gate, under NVIDIA's
multi-process service where that is installed, started here and stopped at the end unless it ran before; `precision.py`.
Each part writes its own file, and the table is written anew after each of them.
Exit status 0: tests and gate hold, whatever the goals; 1: one does not, or a part failed; 2: there is no device.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gpu_table import markdown

ROOT = Path(__file__).resolve().parents[1]
MPS = "nvidia-cuda-mps-control"
EXTRAS = ("pytest", "scipy", "matplotlib")  # what the parts need beside torch and numpy
SECONDS = 3600  # of a part, at most
NO_DEVICE = 2
TESTS = (
    *("-c", os.devnull, "--rootdir", ".", "--confcutdir", "tests/worker/training", "--import-mode=importlib"),
    *("-p", "no:cacheprovider", "-o", "markers=gpu: needs a CUDA device"),
    *("-q", "-m", "gpu", "tests/worker/training/test_engine_cuda.py"),
    "tests/worker/training/fused/test_self_check.py",
)  # without the project's own settings, which name packages that need not be here


def main() -> int:
    """Runs all parts; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rivals and pairs, not for publishing")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "gpu", help="folder of the files")
    options = parser.parse_args()
    missing = no_device()
    if missing:
        print(missing)
        return NO_DEVICE
    out: Path = options.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    for old in (*out.glob("*.json"), *out.glob("*.xml")):
        old.unlink()
    environment = with_extras(out / "packages")
    failed = []
    for name, command in parts(out, quick=options.quick).items():
        print(f"\n== {name}\n", flush=True)
        with processes_shared() if name == "training" else nullcontext():
            if not runs([sys.executable, *command], environment):
                failed.append(name)
        table = markdown(*found(out), failed)
        (out / "gpu.md").write_text(table, "utf-8")
    print(f"\n{table}\nwritten to {out / 'gpu.md'}")
    return int(bool(failed))


def no_device() -> str:
    """Why nothing can be measured here, in a sentence; empty where a device is."""
    if find_spec("torch") is None:
        return f"NOT RUN: {sys.executable} has no torch, run this by a Python that has one (make gpu PYTHON=...)."
    import torch

    if torch.cuda.is_available():
        return ""
    built = "has no CUDA device" if torch.version.cuda else f"has torch {torch.__version__}, built without CUDA"
    return f"NOT RUN: this machine {built}, run this on one that has a device (what needs none: make gpu-dry)."


def parts(out: Path, *, quick: bool) -> dict[str, list[str]]:
    """Arguments of Python by the name of each part."""
    pairs = ("--pairs", "3", "--images", "300") if quick else ("--pairs", "20", "--images", "1000")
    return {
        "tests": ["-m", "pytest", *TESTS, f"--junitxml={out / 'tests.xml'}"],
        "training": ["benchmarks/training.py", "--json", str(out / "training.json"), *(["--quick"] if quick else [])],
        "precision": ["benchmarks/precision.py", *pairs, "--json", str(out / "precision.json")],
    }


def runs(command: Sequence[str], environment: dict[str, str]) -> bool:
    """True where a part ends well in its time."""
    try:
        return subprocess.run(command, cwd=ROOT, env=environment, timeout=SECONDS, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        print(f"stopped after {SECONDS} s")
        return False


def with_extras(folder: Path) -> dict[str, str]:
    """The environment of the parts: with packages that are missing here, as far as they can be installed."""
    missing = [name for name in EXTRAS if find_spec(name) is None]
    if missing:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
        done = runs([*pip, "--target", str(folder), "-c", "constraints.txt", *missing], dict(os.environ))
        if not done:
            print(f"{', '.join(missing)} could not be installed: the parts that need them will fail")
    paths = [str(folder), str(ROOT), str(ROOT / "tests" / "support"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


@contextmanager
def processes_shared() -> Iterator[None]:
    """NVIDIA's multi-process service, by which the plain processes share the device fairly, where it is installed."""
    from training import mps_runs

    control = shutil.which(MPS)
    if control is None or mps_runs():
        yield
        return
    started = subprocess.run([control, "-d"], check=False).returncode == 0
    try:
        yield
    finally:
        if started:
            subprocess.run([control], input="quit\n", text=True, check=False)


def found(out: Path) -> tuple[dict[str, Any], dict[str, Any], dict[str, int]]:
    """What the parts have written so far: training, precision, and counts of the tests."""
    training, precision = (read(out / f"{name}.json") for name in ("training", "precision"))
    return training, precision, counts(out / "tests.xml")


def read(path: Path) -> dict[str, Any]:
    """A part's figures, empty where it wrote none."""
    figures: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return figures


def counts(path: Path) -> dict[str, int]:
    """Tests by what came of them, from pytest's record; empty where there is none."""
    suite = ET.parse(path).getroot().find("testsuite") if path.exists() else None
    if suite is None:
        return {}
    bad = {name: int(suite.get(name, 0)) for name in ("failures", "errors", "skipped")}
    return {"passed": int(suite.get("tests", 0)) - sum(bad.values()), **bad}


if __name__ == "__main__":
    sys.exit(main())
