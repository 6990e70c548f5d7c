"""An optimizer of its own for each update rule, for the plain loop: what the stacked rules are tested against.

torch.optim where it has the rule, with its defaults, else a small optimizer over the parameters of an ordinary module,
written apart from the stacked rule. Nothing is shared with `rules`, not even a default. A new rule needs its row in
`SOLO`; the tests fail for a name without one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn, optim

from worker.training.lanes import Lane, Setup
from worker.training.networks import is_decayed
from worker.training.rates import Rates, layer_of

Groups = list[dict[str, Any]]
Stated = dict[str, Any]  # the rule's own parameters, as far as set-up and lane state them


def solo_optimizer(module: nn.Module, lane: Lane, setup: Setup, *, by_layer: bool = False) -> optim.Optimizer:
    """The rule of a set-up over a plain module, with the paper's groups of weight decay.

    Args:
        module: that is trained.
        lane: gives learning rate, momentum weight and numbers of its own.
        setup: gives the rule.
        by_layer: each layer has groups of its own, so that its learning rate can be.

    Raises:
        KeyError: the rule has none here.
    """
    members: dict[tuple[str, float], list[nn.Parameter]] = defaultdict(list)
    for name, parameter in module.named_parameters():
        if not parameter.requires_grad:
            continue
        is_offset = name.endswith("norm.bias")  # batch norm's offset is no bias
        decay = setup.weight_decay if is_offset or is_decayed(name) else 0.0
        members[layer_of(name) if by_layer else "", decay].append(parameter)
    groups = [{"params": each, "weight_decay": decay, "layer": layer} for (layer, decay), each in members.items()]
    return SOLO[setup.update_rule](groups, lane, {**dict(setup.rule_settings), **dict(lane.own)})


def set_rates(chosen: optim.Optimizer, rates: Rates, step: int) -> None:
    """Sets eta and alpha of a step, 0-based; torch's RMSprop and the like have no alpha."""
    for group in chosen.param_groups:
        group["lr"] = float(rates.layers.get(group["layer"], rates.eta)[step])
        if isinstance(chosen, optim.SGD | _Plain):
            group["momentum"] = float(rates.alpha[step])


class _Plain(optim.Optimizer):
    """Goes through the parameters one by one; `change` returns what is taken off a weight. Rates have torch's names."""

    def __init__(self, groups: Groups, lane: Lane, **own: Any) -> None:
        super().__init__(groups, {"lr": lane.eta, "momentum": lane.alpha, **own})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """One step."""
        for group in self.param_groups:
            for weight in group["params"]:
                weight -= self.change(weight, weight.grad, self.state[weight], group)

    def change(self, weight: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Tensor:
        """The step of one parameter, to be subtracted."""
        raise NotImplementedError


class Lars(_Plain):
    """You et al. 2017, Algorithm 1; vectors take plain momentum without decay."""

    def change(self, weight: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Tensor:
        """See `_Plain`."""
        rate, beta = 1.0, 0.0
        if weight.dim() > 1:
            beta = group["weight_decay"]
            size, slope = float(weight.norm()), float(gradient.norm())
            if size > 0.0 and slope > 0.0:
                rate = group["trust"] * size / (slope + beta * size)
        pull = group["lr"] * rate * (gradient + beta * weight)
        state["v"] = group["momentum"] * state["v"] + pull if "v" in state else pull
        velocity: Tensor = state["v"]
        return velocity


class Dlr(_Plain):
    """Li 2020, Eq. 1 and 3."""

    def change(self, weight: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Tensor:
        """See `_Plain`."""
        pull = gradient + group["weight_decay"] * weight
        first = "v" not in state
        state["v"] = pull if first else group["momentum"] * state["v"] + pull
        rate: Tensor | float = group["lr"]
        if weight.dim() > 1 and not (first and group["warm_start"]):
            matrix = weight.flatten(1)
            squares = matrix.square().sum(dim=0 if group["side"] == "pre" else 1).sqrt()
            norms = squares[None, :] if group["side"] == "pre" else squares[:, None]
            rate = (group["lr"] * (matrix.abs() + group["a"]) / (norms + group["a"])).view_as(weight)
        step: Tensor = rate * state["v"]
        return step


class YamAdam(_Plain):
    """Yamada 2018, as the author's code has it."""

    def change(self, weight: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Tensor:
        """See `_Plain`."""
        epsilon = group["epsilon"]
        g = gradient + group["weight_decay"] * weight
        zero = torch.zeros_like(g)
        m, v, s, h, beta = state.get("all", (zero, zero, zero, zero, 0.0))
        v = beta * v + (1 - beta) * (g - m) ** 2
        m = beta * m + (1 - beta) * g
        s = beta * s + (1 - beta) * h**2
        now: Tensor = m * ((s + epsilon) / (v + epsilon)) ** 0.5
        ratio = (h.abs().sum() + epsilon) / (now.abs().sum() + epsilon)
        state["all"] = (m, v, s, now, 1 / (1 + (-ratio).exp()) - epsilon)
        step: Tensor = group["lr"] * now
        return step


def _sgd(groups: Groups, lane: Lane, stated: Stated) -> optim.Optimizer:
    return optim.SGD(groups, lr=lane.eta, momentum=lane.alpha)


def _nesterov(groups: Groups, lane: Lane, stated: Stated) -> optim.Optimizer:
    return optim.SGD(groups, lr=lane.eta, momentum=lane.alpha, nesterov=lane.alpha > 0.0)


def _rmsprop(groups: Groups, lane: Lane, stated: Stated) -> optim.Optimizer:
    return optim.RMSprop(groups, lr=lane.eta, **_called(stated, rho="alpha", epsilon="eps"))


def _adam(groups: Groups, lane: Lane, stated: Stated) -> optim.Optimizer:
    betas = (stated.get("beta1", 0.9), stated.get("beta2", 0.999))
    return optim.Adam(groups, lr=lane.eta, betas=betas, **_called(stated, epsilon="eps"))


def _adadelta(groups: Groups, lane: Lane, stated: Stated) -> optim.Optimizer:
    return optim.Adadelta(groups, lr=lane.eta, **_called(stated, epsilon="eps", rho="rho"))


def _called(stated: Stated, **names: str) -> Stated:
    """What is stated, under torch's names."""
    return {torchs: stated[ours] for ours, torchs in names.items() if ours in stated}


SOLO: dict[str, Callable[[Groups, Lane, Stated], optim.Optimizer]] = {
    "adadelta": _adadelta,
    "adam": _adam,
    "dlr": lambda groups, lane, stated: Dlr(groups, lane, **{"side": "pre", "a": 0.4, "warm_start": True, **stated}),
    "heavy_ball": _sgd,
    "lars": lambda groups, lane, stated: Lars(groups, lane, **{"trust": 1e-3, **stated}),
    "nesterov": _nesterov,
    "rmsprop": _rmsprop,
    "sgd": _sgd,
    "yamadam": lambda groups, lane, stated: YamAdam(groups, lane, **{"epsilon": 1e-6, **stated}),
}
