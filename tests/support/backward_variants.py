"""Every backward rule under each of its settings, and a plain loop of each for one lane."""

from __future__ import annotations

import itertools

from torch import Tensor

from worker.training import backward, modules
from worker.training.lanes import Fold, Lane, Setup
from worker.training.losses import per_example
from worker.training.minibatches import batches_of, orders
from worker.training.networks import build_network, module_parameters, plain_module
from worker.training.solo import solo_optimizer
from worker.training.solo_backward import change_backward

Settings = tuple[tuple[str, str], ...]
OTHER_LAYERS = {*modules.layers()} - {"first"}  # of modules and of logistic networks, which have tests of their own


def variants() -> list[tuple[str, Settings]]:
    """Every backward rule under each of its settings that stacked networks of ReLU units have, as `Setup` has them."""
    return [
        (name, tuple(zip(backward.rule(name).CHOICES, chosen, strict=True)))
        for name in backward.names()
        for chosen in itertools.product(*backward.rule(name).CHOICES.values())
        if not OTHER_LAYERS & {*chosen}
    ]


def named(variant: object) -> str:
    """A variant's name, as the id of a test."""
    if not isinstance(variant, tuple):
        return str(variant)
    rule, settings = variant
    return "-".join((rule, *(value for _, value in settings)))


def train_alone(lane: Lane, setup: Setup, fold: Fold, *, first_rate: float = 1.0) -> dict[str, Tensor]:
    """Trains one lane by autograd and its rule's solo optimizer.

    Args:
        lane: trained.
        setup: of it.
        fold: its data.
        first_rate: factor on the learning rate of everything before the ReLU.

    Returns:
        The final parameters, under the names of `Network.parameter_shapes`.
    """
    images = fold.train_images
    _, channels, height, width = images.shape
    network = build_network(setup.network, (channels, height, width), fold.classes, setup.width)
    module = plain_module(network, lane.init_seed).to(images.device, images.dtype)
    change_backward(module, network, lane, setup)
    optimizer = solo_optimizer(module, lane, setup)
    last = {id(value) for name, value in module.named_parameters() if name.startswith("last")}
    for group in list(optimizer.param_groups):
        before = [value for value in group["params"] if id(value) not in last]
        group["params"] = [value for value in group["params"] if id(value) in last]
        optimizer.add_param_group({**group, "params": before, "lr": first_rate * group["lr"]})
    for order in orders(setup, len(images)):
        for indices in batches_of(order, setup):
            optimizer.zero_grad()
            logits = module(images[indices])
            per_example(lane.loss, logits, fold.train_labels[indices]).mean().backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    return module_parameters(network, module)
