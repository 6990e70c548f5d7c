"""This worker's software and device, in one line for the reports of the studies that it works on."""

from __future__ import annotations

import torch

from studies.storage.release import VERSION
from worker.devices import describe
from worker.training.fused.self_check import usable
from worker.training.native.build import library


def software(device: str) -> str:
    """Versions, device and kernels, such as "golden-study 0.1.0, torch 2.13.0+cpu, cpu (...), native kernels"."""
    where = torch.device(device)
    if where.type == "cpu":
        kernels = "torch" if library() is None else "native"
    else:
        kernels = "fused" if usable(torch.zeros(0, device=where)) else "torch"
    return f"golden-study {VERSION}, torch {torch.__version__}, {describe(device)}, {kernels} kernels"
