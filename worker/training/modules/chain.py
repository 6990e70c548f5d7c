"""Three fully connected layers without biases, ReLU after the first two: FC1-ReLU-FC2-ReLU-FC3.

Source: "Function changes in the Backpropagation equation is equivalent to an implicit learning rate", whose widths are
not known: `width`, of both hidden layers, is ours (reconstruction). Settings: trained, "second" for FC2 alone, as the
paper has it, while FC1 and FC3 keep their initial weights, or "all".
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping

from torch import nn

LAYERS = ("first", "second")
WIDTH = 64
SETTINGS: dict[str, float | str | bool] = {"trained": "second"}


def build(
    image_shape: tuple[int, int, int], classes: int, width: int, settings: Mapping[str, float | str | bool]
) -> nn.Module:
    """See `Architecture`."""
    if settings["trained"] not in ("second", "all"):
        raise ValueError(f"`network_settings`: trained of chain must be second or all, got {settings['trained']!r}")
    layers: OrderedDict[str, nn.Module] = OrderedDict(
        flatten=nn.Flatten(),
        first=nn.Linear(math.prod(image_shape), width, bias=False),
        first_relu=nn.ReLU(),
        second=nn.Linear(width, width, bias=False),
        second_relu=nn.ReLU(),
        last=nn.Linear(width, classes, bias=False),
    )
    if settings["trained"] == "second":
        for name in ("first", "last"):
            layers[name].requires_grad_(False)
    return nn.Sequential(layers)
