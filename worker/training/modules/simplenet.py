"""SimpleNet: 13 convolutions, each with batch norm and ReLU, four 2x2 max pools, a global max pool, fully connected.

Source: Hasanpour et al. (arXiv 1608.06037) and the author's published code: 3x3 convolutions, of which the 11th and
12th are 1x1; batch norm with epsilon 1e-5 and momentum 0.05. Its initial weights are Glorot's with the gain of ReLU
(`glorot_relu`). The convolutions' biases are left out: batch norm cancels them.

Settings: variant, "310k" or "5m", roughly the number of parameters.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping

from torch import nn

CHANNELS = {  # of each convolution; "P" is a pool
    "310k": (64, 32, 32, 32, "P", 32, 32, 64, "P", 64, 64, "P", 128, 256, 64, "P", 64),
    "5m": (64, 128, 128, 128, "P", 128, 128, 256, "P", 256, 256, "P", 512, 2048, 256, "P", 256),
}
POINTWISE = (11, 12)  # convolutions of 1x1, 1-based
LEAST = 16  # pixels of height and width that four pools leave one of
LAYERS = tuple(f"conv{number}" for number in range(1, 14))
WIDTH = None
SETTINGS: dict[str, float | str | bool] = {"variant": "310k"}
EPSILON, MOMENTUM = 1e-5, 0.05


def build(
    image_shape: tuple[int, int, int], classes: int, width: int, settings: Mapping[str, float | str | bool]
) -> nn.Module:
    """See `Architecture`."""
    variant = settings["variant"]
    if variant not in CHANNELS:
        raise ValueError(f"`network_settings`: variant of simplenet must be {' or '.join(CHANNELS)}, got {variant!r}")
    channels, *size = image_shape
    if min(size) < LEAST:
        raise ValueError(f"simplenet needs images of at least {LEAST}x{LEAST} pixels, got {size[0]}x{size[1]}")
    plan = CHANNELS[str(variant)]
    return nn.Sequential(OrderedDict(_layers(channels, plan, classes)))


def _layers(channels: int, plan: tuple[int | str, ...], classes: int) -> Iterator[tuple[str, nn.Module]]:
    number = pools = 0
    for out in plan:
        if isinstance(out, str):
            pools += 1
            yield f"pool{pools}", nn.MaxPool2d(2)
            continue
        number += 1
        size = 1 if number in POINTWISE else 3
        yield f"conv{number}", nn.Conv2d(channels, out, size, padding=size // 2, bias=False)
        yield f"conv{number}_norm", nn.BatchNorm2d(out, eps=EPSILON, momentum=MOMENTUM)
        yield f"conv{number}_relu", nn.ReLU()
        channels = out
    yield "pool", nn.AdaptiveMaxPool2d(1)
    yield "flatten", nn.Flatten()
    yield "last", nn.Linear(channels, classes)
