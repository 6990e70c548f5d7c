"""The stacked networks: their parameters, their initial weights, and plain modules of them for the reference loop.

Other networks are ordinary modules, see `modules`. Three here are at most one hidden layer of ReLU units over linear
patches, then a fully connected layer with a softmax:

    fig3     5x5 valid convolution to 20 channels, batch norm, ReLU, fully connected (Fig. 3 of the paper)
    mlp      any number of units over the whole image (64 unless a width is given), ReLU, fully connected
    softmax  fully connected only

and one of logistic units, hidden and output, without biases:

    logistic  any number of units over the whole image, each output a logistic unit of its own (`squared_error.py`)

The convolution's bias is left out of `parameter_shapes`: batch norm cancels it, its gradient is zero and it stays zero.
The plain module of fig3 carries one, as the paper's network does (115,770 parameters on 28x28 images).
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from worker.training.lanes import Setup

BATCH_NORM_EPSILON = 1e-5  # the toolbox's default and PyTorch's
MLP_WIDTH = 64  # units of an mlp without a stated width
NORM = {"weight": "scale", "bias": "offset"}  # batch norm's parameters by torch's names
FEEDBACK = 1  # sets the seeds of feedback matrices apart from those of anything else
NORMAL = 2  # and those of normal weights
WIDE = ("mlp", "logistic")  # networks with a choice of width


@dataclass(frozen=True, slots=True)
class Network:
    """Structure of a network on images of one shape.

    `hidden` is the number of channels or units before the last layer, 0 if there is none; each sees patches of
    `kernel` pixels, `positions` of them.
    """

    name: str
    image_shape: tuple[int, int, int]  # (C, H, W)
    classes: int
    hidden: int
    kernel: tuple[int, int]  # (height, width)
    batch_norm: bool
    biases: bool = True
    outputs: str = "softmax"  # or "logistic"
    initial_sd: float | None = None  # standard deviation of normal initial weights; None: Glorot uniform

    @property
    def positions(self) -> int:
        """Number of patches in an image."""
        _, height, width = self.image_shape
        return (height - self.kernel[0] + 1) * (width - self.kernel[1] + 1)

    @property
    def patch_size(self) -> int:
        """Pixels in a patch, over all channels."""
        return self.image_shape[0] * self.kernel[0] * self.kernel[1]

    @property
    def features(self) -> int:
        """Inputs of the last layer."""
        return self.hidden * self.positions if self.hidden else self.patch_size

    @property
    def layers(self) -> tuple[str, ...]:
        """Layers whose derivative a backward rule may replace, in order."""
        if self.outputs == "logistic":
            return ("output",)
        return ("first",) if self.hidden else ()

    @property
    def parameter_shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each parameter of one lane, in a fixed order."""
        shapes: dict[str, tuple[int, ...]] = {}
        if self.hidden:
            shapes["first.weight"] = (self.hidden, self.patch_size)
            if self.batch_norm:
                shapes |= {"norm.scale": (self.hidden,), "norm.offset": (self.hidden,)}
            elif self.biases:
                shapes["first.bias"] = (self.hidden,)
        shapes["last.weight"] = (self.classes, self.features)
        return shapes | ({"last.bias": (self.classes,)} if self.biases else {})


def build_network(name: str, image_shape: tuple[int, int, int], classes: int, width: int | None = None) -> Network:
    """Structure of the network `name` on images of shape (C, H, W).

    Args:
        name: one of `lanes.NETWORKS`.
        image_shape: (C, H, W).
        classes: that it tells apart.
        width: units of the hidden layer of an mlp or a logistic network; None: `MLP_WIDTH`. The others take none.

    Raises:
        ValueError: unknown name, a width that is not positive or for a network without a choice of it, or images
            smaller than the 5x5 kernel.
    """
    whole_image = image_shape[1:]
    if width is not None and (name not in WIDE or width < 1):
        raise ValueError(
            f"`width` must be a positive number of units of an mlp or a logistic network, got {width} for {name!r}"
        )
    if name == "softmax":
        return Network(name, image_shape, classes, hidden=0, kernel=whole_image, batch_norm=False)
    if name in WIDE:
        hidden, plain = MLP_WIDTH if width is None else width, name == "mlp"
        outputs = "softmax" if plain else "logistic"
        return Network(name, image_shape, classes, hidden, whole_image, False, biases=plain, outputs=outputs)
    if name != "fig3":
        raise ValueError(f"`name` must be one of the networks in `lanes.NETWORKS`, got {name!r}")
    if min(whole_image) < 5:
        raise ValueError(f"fig3 needs images of at least 5x5 pixels, got {whole_image[0]}x{whole_image[1]}")
    return Network(name, image_shape, classes, hidden=20, kernel=(5, 5), batch_norm=True)


def network_of(setup: Setup, image_shape: tuple[int, int, int], classes: int) -> Network:
    """Structure and initial weights of a set-up's network; errors as those of `build_network`.

    Raises:
        ValueError: a standard deviation of initial weights that is not positive, too.
    """
    network = build_network(setup.network, image_shape, classes, setup.width)
    if setup.initialisation != "normal":
        return network
    sd = float(dict(setup.initialisation_settings).get("sd", 0.01))
    if not 0.0 < sd < math.inf:
        raise ValueError(f"`initialisation_settings`: sd of normal weights must be positive, got {sd}")
    return replace(network, initial_sd=sd)


def is_decayed(parameter: str) -> bool:
    """Weight decay acts on weights and on batch norm's scale and offset, not on biases (the toolbox's factors)."""
    return not parameter.endswith(".bias")


def initial_parameters(network: Network, init_seed: int) -> dict[str, Tensor]:
    """Initial parameters of one lane: Glorot uniform or normal weights, zero biases, scale 1, offset 0.

    Drawn on the CPU in float64 from the lane's own generator, so that they do not depend on the stack, the device or
    the precision of the training.

    Returns:
        name -> float64 tensor, in the order and shapes of `network.parameter_shapes`.
    """
    generator = torch.Generator().manual_seed(init_seed)
    parameters: dict[str, Tensor] = {}
    for name, shape in network.parameter_shapes.items():
        if name.endswith(".weight") and network.initial_sd is not None:
            parameters[name] = _normal(network, init_seed, name) * network.initial_sd
        elif name.endswith(".weight"):
            draw = torch.rand(shape, generator=generator, dtype=torch.float64)
            parameters[name] = (2.0 * draw - 1.0) * glorot_limit(network, name)
        else:
            parameters[name] = torch.full(shape, float(name == "norm.scale"), dtype=torch.float64)
    return parameters


def _normal(network: Network, init_seed: int, weight: str) -> Tensor:
    """Standard normal weights; a layer of more units begins with those of a layer of fewer."""
    outs, ins = network.parameter_shapes[weight]
    generator = np.random.default_rng([init_seed, NORMAL, int(weight == "last.weight")])
    if weight == "last.weight":
        return torch.from_numpy(generator.standard_normal((ins, outs)).T.copy())
    return torch.from_numpy(generator.standard_normal((outs, ins)))


def feedback_matrix(network: Network, init_seed: int) -> Tensor:
    """A matrix like one lane's initial `last.weight` and independent of it: the same distribution, another generator.

    Returns:
        (classes, features) float64 on the CPU.
    """
    generator = np.random.default_rng([init_seed, FEEDBACK])
    if network.initial_sd is not None:
        matrix = generator.standard_normal(network.parameter_shapes["last.weight"])
        return torch.from_numpy(matrix * network.initial_sd)
    limit = glorot_limit(network, "last.weight")
    return torch.from_numpy(generator.uniform(-limit, limit, size=network.parameter_shapes["last.weight"]))


def glorot_limit(network: Network, weight: str) -> float:
    """The largest initial absolute value of `first.weight` or `last.weight`: sqrt(6 / (fan in + fan out))."""
    fan_in = network.parameter_shapes[weight][1]
    fan_out = network.classes if weight == "last.weight" else network.hidden
    if network.name == "fig3" and weight == "first.weight":
        fan_out *= network.kernel[0] * network.kernel[1]
    return math.sqrt(6.0 / (fan_in + fan_out))


def plain_module(network: Network, init_seed: int) -> nn.Sequential:
    """The same network and initial weights as an ordinary float64 module; see `module_parameters` for the way back."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    if network.name == "fig3":
        layers["first"] = nn.Conv2d(network.image_shape[0], network.hidden, network.kernel)
        layers["norm"] = nn.BatchNorm2d(network.hidden, eps=BATCH_NORM_EPSILON)
    else:
        layers["flatten_image"] = nn.Flatten()
    if network.name in WIDE:
        layers["first"] = nn.Linear(network.patch_size, network.hidden, bias=network.biases)
    if network.outputs == "logistic":
        layers["sigmoid"] = nn.Sigmoid()
    elif network.hidden:
        layers["relu"] = nn.ReLU()
        layers["flatten"] = nn.Flatten()
    layers["last"] = nn.Linear(network.features, network.classes, bias=network.biases)
    module = nn.Sequential(layers).double()
    named = {parameter_name(name): parameter for name, parameter in module.named_parameters()}
    with torch.no_grad():
        if network.name == "fig3":
            named["first.bias"].zero_()
        for name, value in initial_parameters(network, init_seed).items():
            parameter = named[name]
            parameter.copy_(value.reshape(parameter.shape))
    return module


class Shaped(Protocol):
    """What is read of a network, stacked or a module, to name its parameters."""

    @property
    def parameter_shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each parameter of one lane, in a fixed order."""


def module_parameters(network: Shaped, module: nn.Module) -> dict[str, Tensor]:
    """Parameters of a module under the names and shapes of `network.parameter_shapes`."""
    named = {parameter_name(name): value.detach() for name, value in module.named_parameters()}
    return {name: named[name].reshape(shape) for name, shape in network.parameter_shapes.items()}


def parameter_name(name: str) -> str:
    """The name of a module's parameter among those of `parameter_shapes`: batch norm has a scale and an offset."""
    layer, _, leaf = name.rpartition(".")
    return f"{layer}.{NORM[leaf]}" if layer.endswith("norm") else name
