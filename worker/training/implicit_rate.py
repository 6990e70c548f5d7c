"""The implicit learning rate of a changed backward pass, and the share of units where it is harmful.

"Function changes in the Backpropagation equation is equivalent to an implicit learning rate" (Eq. 3 to 5): a unit
whose true factor s (relu'(z), or W'd) is replaced by g (another derivative, or Bd) learns at g / s times the learning
rate where s is not 0. Where s is 0 and g is not, the unit receives what no rate could give it, "which can be harmful".

`ImplicitRates` measures a lane at the end of an epoch, on the epoch's last minibatch: the median of the rate, and the
share of units that are harmed. It reads the lane's parameters and changes nothing of the training. Of a network with
several layers it looks at the one whose derivative is replaced; dropout is left out there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from worker.training import losses
from worker.training.backward_settings import choices_of, numbers_of
from worker.training.derivatives import derivative_at
from worker.training.lanes import Fold, Lane, Setup
from worker.training.layer_input import LayerInput
from worker.training.minibatches import effective_batch, steps_per_epoch
from worker.training.networks import BATCH_NORM_EPSILON, Network, feedback_matrix
from worker.training.structure import Structure

MOST_IMAGES = 32  # of a minibatch; more cost a short epoch a fifth and move the median by less than seeds do
MOST_PAIRS = 100_000  # of a unit and an image


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


def pre_activations(network: Network, parameters: Mapping[str, Tensor], images: Tensor) -> Tensor:
    """What enters the hidden units on a minibatch, after batch norm by the minibatch's own moments.

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
    if not network.biases:
        return weight @ images.flatten(1).T
    if not network.batch_norm:
        return torch.addmm(parameters["first.bias"].unsqueeze(1), weight, images.flatten(1).T)
    kernels = weight.view(network.hidden, network.image_shape[0], *network.kernel)
    scale, offset = parameters["norm.scale"], parameters["norm.offset"]
    z = F.batch_norm(
        F.conv2d(images, kernels), None, None, scale, offset, training=True, eps=BATCH_NORM_EPSILON
    )  # (N, c, oh, ow)
    return z.flatten(1).T


def is_measured(setup: Setup) -> bool:
    """True where a set-up has an implicit rate other than 1."""
    return setup.backward_rule in ("substitute", "substitute_network", "feedback_alignment")


class ImplicitRates:
    """Measures the implicit rate of lanes at the end of an epoch."""

    def __init__(self, network: Structure, setup: Setup, fold: Fold) -> None:
        """Takes the training images of `fold` and the backward rule of `setup`, for which `is_measured` holds."""
        self._network, self._setup, self._fold = network, setup, fold
        self._probe: LayerInput | None = None
        if not isinstance(network, Network):
            self._probe = LayerInput(network, choices_of(setup)["layer"], fold.train_images)

    def measure(self, lane: Lane, parameters: dict[str, Tensor], order: Tensor) -> tuple[float, float]:
        """The median of the rate, and the share of pairs of a unit and an image that are harmed.

        Args:
            lane: that is measured.
            parameters: its own, as `pre_activations` takes them.
            order: (N,) numbers of the training images of the epoch; up to 32 of its last minibatch are looked at.

        Returns:
            (rate, harmful); nan for a rate where all units are silent, or that is not finite.
        """
        indices = self._looked_at(order)
        z = self._z(parameters, self._fold.train_images[indices])
        step = math.ceil(z.numel() / MOST_PAIRS)
        z, labels = z[:, ::step], self._fold.train_labels[indices[::step]]
        true = derivative_at("sigmoid" if self._is_logistic else "relu", z)
        if self._setup.backward_rule == "feedback_alignment":
            assert isinstance(self._network, Network)  # no other network has it
            weights = parameters["last.weight"]
            d = _logit_gradient(lane, parameters, z, labels)
            found = implicit_rate(
                true * (weights.T @ d), true * (feedback_matrix(self._network, lane.init_seed).to(weights).T @ d)
            )
        else:
            found = implicit_rate(true, substituted_at(lane, self._setup, z))
        rate = float(found.rate.median()) if len(found.rate) else math.nan
        return (rate if math.isfinite(rate) else math.nan), found.harmful

    @property
    def _is_logistic(self) -> bool:
        return isinstance(self._network, Network) and self._network.outputs == "logistic"

    def _looked_at(self, order: Tensor) -> Tensor:
        """Numbers of the images: of the last minibatch, or the last 32 where a minibatch of on-line training is fewer.

        Batch norm's moments would be others over another minibatch, so networks that have it keep to their own.
        """
        steps, batch = steps_per_epoch(self._setup, len(order)), effective_batch(self._setup, len(order))
        indices = order[(steps - 1) * batch : steps * batch]
        if self._is_logistic and len(indices) < MOST_IMAGES:
            indices = order[-MOST_IMAGES:]
        return indices.to(self._fold.train_images.device)[:: math.ceil(len(indices) / MOST_IMAGES)]

    def _z(self, parameters: dict[str, Tensor], images: Tensor) -> Tensor:
        """(units, images) what enters the units whose derivative is replaced."""
        if self._probe is not None:
            return self._probe.at(parameters, images)
        assert isinstance(self._network, Network)
        z = pre_activations(self._network, parameters, images)
        return parameters["last.weight"] @ z.sigmoid() if self._is_logistic else z


def substituted_at(lane: Lane, setup: Setup, z: Tensor) -> Tensor:
    """The factor b(z) that a lane's substitute has in place of the activation's derivative."""
    if setup.backward_rule == "substitute":
        return derivative_at(choices_of(setup)["derivative"], z)
    numbers = numbers_of(lane, setup)
    return numbers["w2"] * torch.sigmoid(numbers["w1"] * z)


def _logit_gradient(lane: Lane, parameters: dict[str, Tensor], z: Tensor, labels: Tensor) -> Tensor:
    """(K, n) gradient of each image's loss with respect to the logits."""
    logits = parameters["last.weight"] @ z.clamp(min=0.0) + parameters["last.bias"].unsqueeze(1)
    is_true = F.one_hot(labels, len(logits)).T.bool()
    return losses.values_and_gradient(lane.loss, logits, is_true, class_dim=-2)[1]
