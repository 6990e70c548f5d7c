"""The line about a worker's software and device."""

from __future__ import annotations

import pytest
import torch

from studies.storage.release import VERSION
from worker.devices import describe
from worker.software import software
from worker.training.native.build import library


def test_it_names_release_torch_device_and_kernels() -> None:
    kernels = "native" if library() is not None else "torch"
    expected = f"golden-study {VERSION}, torch {torch.__version__}, {describe('cpu')}, {kernels} kernels"
    assert software("cpu") == expected


def test_switched_off_kernels_are_torchs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLDEN_NATIVE", "0")
    assert software("cpu").endswith(", torch kernels")
