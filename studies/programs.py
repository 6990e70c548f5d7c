"""Programs of this project as processes of their own, which no file of the current folder gets in the way of."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

SERVICE, WORKER, RANGE = "service.cli", "worker.main", "worker.range_test"
SIGNAL_SECONDS = 0.5
"""Longest wait of a main thread on other threads. The kernel may give a signal to any thread; the main thread, which
alone handles it, then hears of it when it next runs, and in a wait without an end that is never."""
_INSTALLED = ("site-packages", "dist-packages")


def compute_small_matrices_alone() -> None:
    """Let OpenBLAS, behind NumPy and SciPy, compute in one thread, unless the environment names another number.

    The matrices of a verdict are small. A second thread gains nothing there, and on processors that others share each
    of its turns is waited for in a loop: one verdict took 18 CPU-seconds instead of 2.5. To be called before NumPy is
    imported. torch's own threads are not touched.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def command_of(module: str) -> list[str]:
    """The command line that starts a program with this Python.

    `-P` keeps the current folder off the path: it may hold a `service` package, a torch.py or a json.py.
    """
    return [sys.executable, "-P", "-m", module]


def environment_of(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment in which such a program finds this project, which may lie in the current folder itself."""
    root = Path(__file__).absolute().parents[1]
    if root.name in _INSTALLED:
        return dict(environ)
    return {**environ, "PYTHONPATH": os.pathsep.join(filter(None, [environ.get("PYTHONPATH"), str(root)]))}
