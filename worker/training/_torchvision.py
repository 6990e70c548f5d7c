"""Imports torchvision's data sets, also where its compiled operators do not load.

The torchvision wheel that pip chooses is built for one torch build. Beside another (a CPU-only torch, say) its
operators stay unloaded, and `import torchvision` then stops at the fake implementation of `torchvision::nms`, an
operator that is not declared. Reading data sets needs no operator, so two schemas are declared here, nothing more.
"""

from __future__ import annotations

import importlib
from types import ModuleType

import torch

SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_libraries: list[torch.library.Library] = []  # a declaration lives as long as its Library object


def import_datasets() -> ModuleType:
    """`torchvision.datasets`.

    Raises:
        ImportError: torchvision is not installed.
    """
    try:
        return importlib.import_module("torchvision.datasets")
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
    library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for schema in SCHEMAS:
        library.define(schema)  # type: ignore[no-untyped-call]
    _libraries.append(library)
    return importlib.import_module("torchvision.datasets")
