"""What enters the activation of a layer of an ordinary module, on a minibatch, under the weights of any lane."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from worker.training.dropout import Dropout
from worker.training.modules import ModuleNetwork
from worker.training.networks import module_parameters
from worker.training.structure import activation_of


class LayerInput:
    """A module of its own, into which a lane's weights are copied to look at one layer."""

    def __init__(self, network: ModuleNetwork, layer: str, like: Tensor) -> None:
        """Builds the module; `like` has the device and the type of what it is asked about."""
        self._network, self._layer = network, activation_of(network, layer)
        self._module = network.empty().to(like.device, like.dtype).train()
        for part in self._module.modules():
            if isinstance(part, Dropout):
                part.eval()

    @torch.no_grad()
    def at(self, parameters: Mapping[str, Tensor], images: Tensor) -> Tensor:
        """The layer's z on a minibatch, batch norm by the minibatch's own moments, dropout left out.

        Args:
            parameters: of one lane, under the names and shapes of `network.parameter_shapes`.
            images: (N, C, H, W).

        Returns:
            (units, N); a unit that slides over an image has a row for each of its positions.
        """
        for name, value in module_parameters(self._network, self._module).items():
            value.copy_(parameters[name])
        for name, part in self._module.named_children():
            if name == self._layer:
                break
            images = part(images)
        return images.flatten(1).T
