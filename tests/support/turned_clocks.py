"""Clocks that a test turns by hand, for one module alone.

A function of `time` that is replaced is replaced for the whole process, for the servers too that run in other threads:
an event loop that reads the test's hour once may sleep for a day.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest


def turn(monkeypatch: pytest.MonkeyPatch, module: str, **clocks: Callable[[], float]) -> None:
    """Let a module that imports `time` read these clocks in place of its functions of the same names.

    Args:
        monkeypatch: ends it with the test.
        module: by its full name.
        clocks: such as `monotonic`.
    """
    monkeypatch.setattr(f"{module}.time", SimpleNamespace(**{**vars(time), **clocks}))
