"""This worker's software and device, in one line for the reports of the studies that it works on."""

from __future__ import annotations

import torch

from studies.storage.release import VERSION
from worker.devices import describe
from worker.training.fused.hidden_ops import EXACT
from worker.training.fused.self_check import recomputes, usable
from worker.training.native.build import library


def software(device: str) -> str:
    """Versions, device and kernels, such as "golden-study 0.1.0, torch 2.13.0+cpu, cpu (...), native kernels"."""
    where = torch.device(device)
    return f"golden-study {VERSION}, torch {torch.__version__}, {describe(device)}, {_kernels(where)} kernels"


def _kernels(device: torch.device) -> str:
    """Those that a stack in float32 is trained by; fused ones may compute hidden activations anew."""
    if device.type == "cpu":
        return "torch" if library() is None else "native"
    like = torch.zeros(0, device=device)
    if not usable(like):
        return "torch"
    return "fused, recomputing" if recomputes(like, EXACT) else "fused"
