"""Initial weights of modules, by the initialisation's name; for a weight of out × in, or a kernel out × in × h × w:

    glorot_uniform  U(-r, r), r = sqrt(6 / (fan in + fan out))          Glorot and Bengio 2010
    glorot_relu     the same times sqrt 2, torch's gain for ReLU
    he_normal       N(0, 2 / fan in)                                    He et al. 2015

with fan in = in·h·w and fan out = out·h·w. Biases and batch norm's offset are 0, its scale is 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from worker.training.networks import parameter_name

Draw = Callable[[tuple[int, ...], int, int, torch.Generator], Tensor]  # (shape, fan in, fan out, generator)


def initialise(module: nn.Module, name: str, init_seed: int) -> None:
    """Sets the initial weights of a module in float64, weight after weight from one generator of the lane's own.

    Raises:
        ValueError: unknown name.
    """
    if name not in DRAWS:
        raise ValueError(f"`initialisation` must be one of {', '.join(DRAWS)}, got {name!r}")
    generator = torch.Generator().manual_seed(init_seed)
    with torch.no_grad():
        for key, value in module.named_parameters():
            if value.dim() > 1:
                out, inputs, *kernel = value.shape
                positions = math.prod(kernel)
                value.copy_(DRAWS[name](tuple(value.shape), inputs * positions, out * positions, generator))
            else:
                value.fill_(float(parameter_name(key).endswith("norm.scale")))


def _uniform(gain: float) -> Draw:
    def draw(shape: tuple[int, ...], fan_in: int, fan_out: int, generator: torch.Generator) -> Tensor:
        limit = gain * math.sqrt(6.0 / (fan_in + fan_out))
        return (2.0 * torch.rand(shape, generator=generator, dtype=torch.float64) - 1.0) * limit

    return draw


def _he_normal(shape: tuple[int, ...], fan_in: int, fan_out: int, generator: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=generator, dtype=torch.float64) * math.sqrt(2.0 / fan_in)


DRAWS: dict[str, Draw] = {
    "glorot_uniform": _uniform(1.0),
    "glorot_relu": _uniform(math.sqrt(2.0)),
    "he_normal": _he_normal,
}
