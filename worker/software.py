"""This worker's software and device, in one line for the reports of the studies that it works on."""

from __future__ import annotations

import torch

from studies.storage.release import VERSION
from worker.devices import describe
from worker.training.native.build import library


def software(device: str) -> str:
    """Versions, device and kernels, such as "golden-study 0.1.0, torch 2.13.0+cpu, cpu (...), native kernels"."""
    native = torch.device(device).type == "cpu" and library() is not None
    kernels = "native" if native else "torch"
    return f"golden-study {VERSION}, torch {torch.__version__}, {describe(device)}, {kernels} kernels"
