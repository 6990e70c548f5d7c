"""Derivatives that can stand in the backward pass in place of the ReLU's, each at the pre-activation z.

    relu        1 where z > 0, else 0
    leaky_relu  1 where z > 0, else 0.01
    elu         1 where z > 0, else exp(z)
    softplus    s = 1 / (1 + exp(-z))
    sigmoid     s (1 - s)
    tanh        1 - tanh(z)^2
    swish       s (1 + z (1 - s)), of z s
    gelu        Phi(z) + z phi(z), of z Phi(z) with the normal distribution, not its approximation by tanh
    identity    1

Each multiplies a gradient in place, in as few passes over memory as torch has kernels for. relu and leaky_relu need
only the sign of z, which the ReLU's output has as well; identity needs nothing; the others need z itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

SLOPE = 0.01  # leaky_relu's for z <= 0, torch's default
_aten: Any = torch.ops.aten


@dataclass(frozen=True, slots=True)
class Derivative:
    """One derivative.

    Attributes:
        reads: "z", or "sign" where the ReLU's output does as well, or "nothing".
        multiply: multiplies its first argument by the derivative at the second, in place; the second may be
            overwritten where `reads` is "z".
    """

    reads: Literal["z", "sign", "nothing"]
    multiply: Callable[[Tensor, Tensor], None]


def derivative_at(name: str, z: Tensor) -> Tensor:
    """The derivative `name` at z, a new tensor like z.

    Raises:
        ValueError: unknown name.
    """
    if name not in DERIVATIVES:
        raise ValueError(f"`derivative` must be one of {', '.join(DERIVATIVES)}, got {name!r}")
    values = torch.ones_like(z)
    DERIVATIVES[name].multiply(values, z.clone())
    return values


def _relu(gradient: Tensor, z: Tensor) -> None:
    _aten.threshold_backward.grad_input(gradient, z, 0, grad_input=gradient)


def _leaky_relu(gradient: Tensor, z: Tensor) -> None:
    _aten.leaky_relu_backward.grad_input(gradient, z, SLOPE, False, grad_input=gradient)


def _elu(gradient: Tensor, z: Tensor) -> None:
    _aten.elu_backward.grad_input(gradient, 1.0, 1.0, 1.0, False, z, grad_input=gradient)


def _softplus(gradient: Tensor, z: Tensor) -> None:
    gradient.mul_(z.sigmoid_())


def _sigmoid(gradient: Tensor, z: Tensor) -> None:
    _aten.sigmoid_backward.grad_input(gradient, z.sigmoid_(), grad_input=gradient)


def _tanh(gradient: Tensor, z: Tensor) -> None:
    _aten.tanh_backward.grad_input(gradient, z.tanh_(), grad_input=gradient)


def _swish(gradient: Tensor, z: Tensor) -> None:
    _aten.silu_backward.grad_input(gradient, z, grad_input=gradient)


def _gelu(gradient: Tensor, z: Tensor) -> None:
    _aten.gelu_backward.grad_input(gradient, z, approximate="none", grad_input=gradient)


def _identity(gradient: Tensor, z: Tensor) -> None:
    """The gradient stays what it is."""


DERIVATIVES = {
    "sigmoid": Derivative("z", _sigmoid),
    "tanh": Derivative("z", _tanh),
    "softplus": Derivative("z", _softplus),
    "elu": Derivative("z", _elu),
    "leaky_relu": Derivative("sign", _leaky_relu),
    "swish": Derivative("z", _swish),
    "gelu": Derivative("z", _gelu),
    "identity": Derivative("nothing", _identity),
    "relu": Derivative("sign", _relu),
}
