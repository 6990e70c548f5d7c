"""A backward rule's settings: what a set-up states, and what cannot be trained."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor

from worker.training.backward import BackwardRule, rule
from worker.training.lanes import Lane, Setup
from worker.training.networks import Network
from worker.training.structure import Structure

MODULES = ("backpropagation", "substitute", "substitute_network")  # backward rules that ordinary modules have
LOGISTIC = ("backpropagation", "substitute")  # and that logistic networks have


def choices_of(setup: Setup) -> dict[str, str]:
    """The words of its backward rule, by name."""
    choices = rule(setup.backward_rule).CHOICES
    return {name: str(value) for name, value in setup.backward_settings if name in choices}


def numbers_of(lane: Lane, setup: Setup) -> dict[str, float]:
    """The numbers of its backward rule that a lane trains with."""
    numbers = rule(setup.backward_rule).NUMBERS
    stated = {name: float(value) for name, value in (*setup.backward_settings, *lane.own) if name in numbers}
    return {**numbers, **stated}


def columns_of(lanes: Sequence[Lane], setup: Setup, like: Tensor) -> dict[str, Tensor]:
    """The lanes' numbers by name, (L, 1, 1) each, with the device and dtype of `like`."""
    rows = [numbers_of(lane, setup) for lane in lanes]
    names = rule(setup.backward_rule).NUMBERS
    return {name: like.new_tensor([row[name] for row in rows]).view(-1, 1, 1) for name in names}


def check(setup: Setup, network: Structure) -> None:
    """Refuses a backward rule, or a setting of it, that cannot be trained.

    Raises:
        ValueError: it names the field.
    """
    _check_settings(setup, rule(setup.backward_rule))
    if not network.layers and setup.backward_rule != "backpropagation":
        raise ValueError(
            f"`backward_rule` {setup.backward_rule} needs a network with a hidden layer, {network.name} has none"
        )
    if not isinstance(network, Network) and setup.backward_rule not in MODULES:
        known = ", ".join(MODULES)
        raise ValueError(f"`backward_rule` of {network.name} must be one of {known}, got {setup.backward_rule!r}")
    if isinstance(network, Network) and network.outputs == "logistic" and setup.backward_rule not in LOGISTIC:
        raise ValueError(
            f"`backward_rule` {setup.backward_rule} needs a network of ReLU units, {network.name} has none"
        )
    layer = choices_of(setup).get("layer")
    if layer is not None and layer not in network.layers:
        known = ", ".join(network.layers)
        raise ValueError(f"`backward_settings`: layer of {network.name} must be one of {known}, got {layer!r}")


def _check_settings(setup: Setup, chosen: BackwardRule) -> None:
    name, stated = setup.backward_rule, dict(setup.backward_settings)
    for setting in stated:
        if setting not in {*chosen.CHOICES, *chosen.NUMBERS}:
            known = ", ".join([*chosen.CHOICES, *chosen.NUMBERS]) or "none"
            raise ValueError(f"`backward_settings`: {name} has no {setting!r}, its settings: {known}")
        value = stated[setting]
        if setting in chosen.NUMBERS and (isinstance(value, bool | str) or not math.isfinite(value)):
            raise ValueError(f"`backward_settings`: {setting} of {name} must be a finite number, got {value!r}")
    for setting, allowed in chosen.CHOICES.items():
        if stated.get(setting) not in allowed:
            got = repr(stated[setting]) if setting in stated else "nothing"
            raise ValueError(f"`backward_settings`: {setting} of {name} must be one of {', '.join(allowed)}, got {got}")
