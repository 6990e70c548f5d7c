"""The mean learning rate of each layer under DLR, which gives every weight a rate of its own.

A weight's rate is a share of eta, (|w| + a) / (||w|| + a), see `rules/dlr.py`. Two means of it are taken over a layer:

    plain   over its weights, each counted once: what Li (2020) replays as "the average learning rate of DLR"
    used    each weight counted by the mean size of its input, sum r_ij m_j / sum m_j with m_j the mean of |x_j|

Gradient descent moves a weight by its rate times what its unit receives times its input x_j. A weight whose input is
zero stays where it began, whatever its rate: four fifths of MNIST's pixels are, and such weights, still small, keep
rates near eta. The mean by use is the one rate at which the layer's weights would move as far in all, if what units
receive did not depend on their inputs; the plain mean is so only where all inputs are equally active.

`MeanRates` measures lanes on some of the training images, by their parameters alone, and changes nothing of the
training. Networks whose layers a table of rates can name (`timetable.LAYERED`) are measured; the means are shares of
eta, so a schedule does not show in them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from worker.training.implicit_rate import pre_activations
from worker.training.lanes import Fold, Lane, Setup
from worker.training.networks import Network
from worker.training.rule_settings import choices_of, numbers_of
from worker.training.timetable import LAYERED

IMAGES = 1024  # of the training part, by which inputs of the first layer are measured, once
SEEN = 16  # of those, by which the outputs of hidden units are, at every look: 64 slow an on-line epoch by a tenth
LOOKED = 4  # epochs within which every look measures; after them each epoch's end does, since rates fall early


@dataclass(frozen=True, slots=True)
class MeanRate:
    """The mean rate of one layer, as a share of eta: above 0 and at most 1."""

    plain: float
    used: float


def mean_rate(weights: Tensor, a: float, use: Tensor, side: str) -> MeanRate:
    """Both means of the rates of one layer.

    They are taken from sums over what leaves each input, without a matrix of rates: a third of the time at a look.

    Args:
        weights: (out, in) of the layer.
        a: of DLR, above 0.
        use: (in,) mean size of each weight's input, not negative.
        side: over which the norm is taken, "pre" (what leaves an input) or "post" (what reaches a unit).

    Returns:
        nan for `used` where no input is active.
    """
    sizes, outs = weights.abs(), len(weights)
    if side == "pre":
        under = torch.linalg.vector_norm(weights, dim=0) + a  # (in,)
        of_input = (sizes.sum(dim=0) + outs * a) / under / outs
    else:
        over = 1.0 / (torch.linalg.vector_norm(weights, dim=1) + a)  # (out,)
        of_input = (over @ sizes + a * over.sum()) / outs
    rates, use = of_input.double(), use.double()  # (in,) mean rate of the weights that leave an input
    return MeanRate(float(rates.mean()), float(rates @ use / use.sum()))


def is_measured(setup: Setup) -> bool:
    """True where a set-up trains by rates whose means can be measured here."""
    return setup.update_rule == "dlr" and setup.network in LAYERED


def is_due(epochs: float) -> bool:
    """True where a look measures, after so many epochs."""
    return epochs <= LOOKED or epochs == int(epochs)


class MeanRates:
    """Measures the mean rate of each layer of lanes that train."""

    def __init__(self, network: Network, setup: Setup, fold: Fold) -> None:
        """Takes training images of `fold`, evenly chosen, for a set-up of which `is_measured` holds."""
        self._network, self._setup, self._side = network, setup, str(choices_of(setup)["side"])
        images = _evenly(fold.train_images, IMAGES)
        self._inputs, self._seen = _inputs(network, images), _evenly(images, SEEN)

    def measure(self, lane: Lane, parameters: Mapping[str, Tensor]) -> dict[str, MeanRate]:
        """The mean rates of a lane, by layer: "first", where there is a hidden layer, and "last".

        Args:
            lane: that is measured.
            parameters: its own, under the names and shapes of `Network.parameter_shapes`.
        """
        found = {}
        for layer in ("first", "last") if self._network.hidden else ("last",):
            weight = parameters[f"{layer}.weight"]
            use = self._inputs if layer == "first" or not self._network.hidden else self._hidden(parameters)
            found[layer] = mean_rate(weight, numbers_of(lane, self._setup)["a"], use, self._side)
        return found

    def _hidden(self, parameters: Mapping[str, Tensor]) -> Tensor:
        """(features,) mean output of each hidden unit, which is never negative."""
        z = pre_activations(self._network, parameters, self._seen)
        return (torch.sigmoid(z) if self._network.outputs == "logistic" else z.clamp(min=0.0)).mean(dim=1)


def _evenly(images: Tensor, most: int) -> Tensor:
    return images[:: math.ceil(len(images) / most)]


def _inputs(network: Network, images: Tensor) -> Tensor:
    """(in,) mean size of each input of the first layer: a pixel, or a place in the patch of a kernel."""
    if network.batch_norm:
        return F.unfold(images, network.kernel).abs().mean(dim=(0, 2))
    return images.flatten(1).abs().mean(dim=0)
