"""The implicit learning rate of a changed backward pass, and the share of units where it is harmful.

"Function changes in the Backpropagation equation is equivalent to an implicit learning rate" (Eq. 3 to 5): a unit
whose true factor s (relu'(z), or W'd) is replaced by g (another derivative, or Bd) learns at g / s times the learning
rate where s is not 0. Where s is 0 and g is not, the unit receives what no rate could give it, "which can be harmful".

A page that shows this for one minibatch of a lane needs, from the worker that has the lane's parameters:

    z = pre_activations(network, stack.parameters(number), images)
    found = implicit_rate(derivative_at("relu", z), derivative_at("swish", z))
    found.harmful, found.rate.mean(), a histogram of found.rate

under feedback alignment `implicit_rate(last.weight.T @ d, B.T @ d)` in its place, d the logits' gradient.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from worker.training.networks import BATCH_NORM_EPSILON, Network


@dataclass(frozen=True, slots=True)
class ImplicitRate:
    """What a changed backward pass does, over all units and images of a minibatch."""

    harmful: float  # share of (unit, image) pairs with s = 0 and g != 0
    silent: float  # share of pairs with s = 0; never below `harmful`
    harmful_of_unit: Tensor  # (units,) float64, each unit's share of images with s = 0 and g != 0
    rate: Tensor  # (pairs with s != 0,) g / s: the factor on the learning rate; negative where the sign is turned


def implicit_rate(true: Tensor, given: Tensor) -> ImplicitRate:
    """Compares the factor of backpropagation with the one that takes its place.

    Args:
        true: (units, images) s. A unit that slides over an image has a row for each of its positions.
        given: (units, images) g.

    Raises:
        ValueError: no matrices of one shape, or empty ones.
    """
    if true.dim() != 2 or true.shape != given.shape or not true.numel():
        raise ValueError(f"`true` and `given` must be (units, images), got {tuple(true.shape)}, {tuple(given.shape)}")
    silent = true == 0
    harmful = (silent & (given != 0)).double()
    return ImplicitRate(
        harmful=float(harmful.mean()),
        silent=float(silent.double().mean()),
        harmful_of_unit=harmful.mean(dim=1),
        rate=given[~silent] / true[~silent],
    )


def pre_activations(network: Network, parameters: dict[str, Tensor], images: Tensor) -> Tensor:
    """What enters the ReLU on a minibatch, after batch norm by the minibatch's own moments.

    Args:
        network: with a hidden layer.
        parameters: of one lane, under the names and shapes of `network.parameter_shapes`.
        images: (N, C, H, W), a minibatch as it was trained.

    Returns:
        (features, N) z, the rows in the order of `last.weight`'s columns.

    Raises:
        ValueError: the network has no hidden layer.
    """
    if not network.hidden:
        raise ValueError(f"`network` must have a hidden layer, {network.name} has none")
    weight = parameters["first.weight"]
    if not network.batch_norm:
        return torch.addmm(parameters["first.bias"].unsqueeze(1), weight, images.flatten(1).T)
    kernels = weight.view(network.hidden, network.image_shape[0], *network.kernel)
    scale, offset = parameters["norm.scale"], parameters["norm.offset"]
    z = F.batch_norm(
        F.conv2d(images, kernels), None, None, scale, offset, training=True, eps=BATCH_NORM_EPSILON
    )  # (N, c, oh, ow)
    return z.flatten(1).T
