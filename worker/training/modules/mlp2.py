"""Two hidden layers of ReLU over the whole image, each followed by dropout, then a fully connected layer.

Source: Yamada 2018 (bioRxiv 348557) and the author's code: 784-250-250-10, He's initial weights, dropout of one half.
Settings: dropout, the share of units that are left out of each step, at least 0 and below 1.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping

from torch import nn

from worker.training.dropout import Dropout

LAYERS = ("first", "second")
WIDTH = 250
SETTINGS: dict[str, float | str | bool] = {"dropout": 0.5}


def build(
    image_shape: tuple[int, int, int], classes: int, width: int, settings: Mapping[str, float | str | bool]
) -> nn.Module:
    """See `Architecture`."""
    share = float(settings["dropout"])
    layers: OrderedDict[str, nn.Module] = OrderedDict(flatten=nn.Flatten())
    inputs = math.prod(image_shape)
    for name in LAYERS:
        layers |= {name: nn.Linear(inputs, width), f"{name}_relu": nn.ReLU(), f"{name}_dropout": Dropout(share)}
        inputs = width
    layers["last"] = nn.Linear(width, classes)
    return nn.Sequential(layers)
