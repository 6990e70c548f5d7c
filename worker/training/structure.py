"""The network of a set-up, stacked or an ordinary module, and a module of it with a lane's initial weights."""

from __future__ import annotations

from torch import nn

from worker.training import modules
from worker.training.dropout import seed_dropouts
from worker.training.initial_weights import initialise
from worker.training.lanes import NETWORKS, Lane, Setup
from worker.training.modules import ModuleNetwork
from worker.training.networks import Network, network_of, plain_module

Structure = Network | ModuleNetwork


def structure_of(setup: Setup, image_shape: tuple[int, int, int], classes: int) -> Structure:
    """The network of a set-up on images of shape (C, H, W).

    Raises:
        ValueError: an unknown name, width or setting, or images that do not fit.
    """
    if setup.network in modules.names():
        return modules.build(setup.network, image_shape, classes, setup.width, dict(setup.network_settings))
    if setup.network not in NETWORKS:
        known = ", ".join((*NETWORKS, *modules.names()))
        raise ValueError(f"`name` must be one of the networks {known}, got {setup.network!r}")
    if setup.network_settings:
        raise ValueError(f"`network_settings`: {setup.network} has none, got {dict(setup.network_settings)}")
    return network_of(setup, image_shape, classes)


def lane_module(network: Structure, lane: Lane, setup: Setup) -> nn.Module:
    """An ordinary module in float64 with a lane's initial weights and the seeds of its dropouts."""
    if isinstance(network, Network):
        return plain_module(network, lane.init_seed)
    module = network.empty()
    initialise(module, setup.initialisation, lane.init_seed)
    seed_dropouts(module, lane.init_seed)
    return module


def activation_of(network: Structure, layer: str) -> str:
    """The name, within a network's module, of the activation of a layer."""
    return "relu" if isinstance(network, Network) else f"{layer}_relu"
