"""Networks as ordinary modules, which `module_lanes.py` trains lane by lane: the way in for any network.

A network is a file of this package, found by its name, and a row in `studies/learning/networks.py`. The file has what
`Architecture` says. Names within its module matter:

    <layer>_relu           the ReLU of a layer that a backward rule may name
    *.bias                 starts at 0 and is free of weight decay
    *norm.weight, *.bias   batch norm's scale and offset: start at 1 and 0, and decay
    everything else        weights of two dimensions or more, drawn by the set-up's initialisation

A parameter that does not require a gradient keeps its initial value. A module that draws random numbers while it
trains takes them from a generator of its own lane, see `dropout.py`. Batch norm evaluates with the module's running
statistics.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Protocol, cast

from torch import nn

from worker.training.folder import file_named, names_in
from worker.training.networks import parameter_name

Value = float | str | bool
Shape = tuple[int, int, int]  # (C, H, W)


class Architecture(Protocol):
    """What a file of this package has."""

    LAYERS: tuple[str, ...]  # those with an activation, in order
    WIDTH: int | None  # units of a hidden layer where a set-up gives none; None: the network has no choice of it
    SETTINGS: Mapping[str, Value]  # its other settings, with the values used where a set-up gives none

    def build(self, image_shape: Shape, classes: int, width: int, settings: Mapping[str, Value]) -> nn.Module:
        """The module, from images (N, C, H, W) to logits (N, classes); its initial weights are set elsewhere.

        Raises:
            ValueError: images of this shape do not fit, or a setting is out of bounds; the message names it.
        """


@cache
def names() -> tuple[str, ...]:
    """Names of the networks of this package."""
    return names_in(__path__)


@cache
def architecture(name: str) -> Architecture:
    """The file of that name.

    Raises:
        ValueError: there is none.
    """
    return cast(Architecture, file_named(name, names(), __name__, "network"))


@cache
def layers() -> tuple[str, ...]:
    """Every layer whose derivative can be replaced in any network, stacked or a module."""
    first, *others = rectified_layers()
    return (first, "output", *others)


@cache
def rectified_layers() -> tuple[str, ...]:
    """Those of ReLU units among `layers()`."""
    named = (layer for name in names() for layer in architecture(name).LAYERS)
    return tuple(dict.fromkeys(("first", *named)))


@dataclass(frozen=True)
class ModuleNetwork:
    """A network of this package on images of one shape.

    Attributes:
        name: of its file.
        image_shape: (C, H, W).
        classes: that it tells apart.
        width: units of a hidden layer; 0 where the network has no choice of it.
        settings: the network's other settings, all of them.
    """

    name: str
    image_shape: Shape
    classes: int
    width: int
    settings: tuple[tuple[str, Value], ...]

    @property
    def layers(self) -> tuple[str, ...]:
        """Layers with an activation, in order."""
        return architecture(self.name).LAYERS

    def empty(self) -> nn.Module:
        """A module in float64, its weights not those of any lane yet."""
        return architecture(self.name).build(self.image_shape, self.classes, self.width, dict(self.settings)).double()

    @cached_property
    def parameter_shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each parameter of one lane, in a fixed order."""
        return {parameter_name(name): tuple(value.shape) for name, value in self.empty().named_parameters()}


def build(
    name: str, image_shape: Shape, classes: int, width: int | None = None, settings: Mapping[str, Value] | None = None
) -> ModuleNetwork:
    """The network `name` on images of shape (C, H, W).

    Args:
        name: one of `names()`.
        image_shape: (C, H, W).
        classes: that it tells apart.
        width: units of a hidden layer; None: the network's own number.
        settings: in place of the network's own values.

    Raises:
        ValueError: an unknown name or setting, a value of the wrong type or out of bounds, or images that do not fit.
    """
    chosen = architecture(name)
    if width is not None and (chosen.WIDTH is None or width < 1):
        raise ValueError(f"`width` must be a positive number of units of a network that has it, got {width} for {name}")
    values = dict(chosen.SETTINGS)
    for setting, value in (settings or {}).items():
        if setting not in values:
            known = ", ".join(values) or "it has none"
            raise ValueError(f"`network_settings`: {name} has no {setting!r}, its settings: {known}")
        if isinstance(value, str | bool) != isinstance(values[setting], str | bool):
            raise ValueError(f"`network_settings`: {setting} of {name} cannot be {value!r}")
        values[setting] = value
    network = ModuleNetwork(name, image_shape, classes, width or chosen.WIDTH or 0, tuple(values.items()))
    network.empty()  # raises for what does not fit
    return network
