"""One lane under a schedule as a plain loop: torch.optim.SGD, LambdaLR for eta, and alpha set before each step.

The rates are those of `solo_schedules.py`; nothing of the schedules' own files is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from solo_schedules import RATES
from torch import Tensor, nn

from worker.training import schedules
from worker.training.lanes import Fold, Lane, Setup
from worker.training.losses import per_example
from worker.training.minibatches import batches_of, orders
from worker.training.networks import build_network, module_parameters, plain_module
from worker.training.rates import Length
from worker.training.reference import train_one


def train_alone(lane: Lane, setup: Setup, fold: Fold, own: Mapping[str, Any]) -> tuple[list[float], dict[str, Tensor]]:
    """Trains one lane to its end.

    Args:
        lane: that is trained.
        setup: of heavy ball or Nesterov, with any schedule.
        fold: the data.
        own: every parameter of the schedule.

    Returns:
        The loss before each step, or under a schedule that measures its mean over each epoch, and the final parameters
        under the names of `Network.parameter_shapes`.
    """
    if schedules.measured(setup.schedule) is not None:  # its rates are not known before; the reference follows them
        result, parameters = train_one(lane, setup, fold)
        return result.loss_curve.tolist(), parameters
    images = fold.train_images
    _, *shape = images.shape
    network = build_network(setup.network, (shape[0], shape[1], shape[2]), fold.classes)
    module = plain_module(network, lane.init_seed).to(images.dtype)
    batches = [batch for order in orders(setup, len(images)) for batch in batches_of(order, setup)]

    length = Length(len(batches), len(batches) // setup.epochs)

    def rates(step: int) -> tuple[float, float]:
        return RATES[setup.schedule](min(step, length.steps - 1), length, lane.eta, lane.alpha, own)

    sgd = _sgd(module, setup)
    eta = torch.optim.lr_scheduler.LambdaLR(sgd, lambda step: rates(step)[0])
    losses = []
    for step, batch in enumerate(batches):
        for group in sgd.param_groups:
            group["momentum"] = rates(step)[1]
        sgd.zero_grad()
        loss = per_example(lane.loss, module(images[batch]), fold.train_labels[batch]).mean()
        loss.backward()  # type: ignore[no-untyped-call]
        sgd.step()
        eta.step()
        losses.append(float(loss.detach()))
    return losses, module_parameters(network, module)


def _sgd(module: nn.Module, setup: Setup) -> torch.optim.SGD:
    """SGD with learning rate 1, so that LambdaLR's factor is eta; no decay of biases, but of batch norm's offset."""
    named = dict(module.named_parameters())
    free = [value for name, value in named.items() if name.endswith(".bias") and name != "norm.bias"]
    decayed = [value for name, value in named.items() if not name.endswith(".bias") or name == "norm.bias"]
    groups = [{"params": decayed, "weight_decay": setup.weight_decay}, {"params": free, "weight_decay": 0.0}]
    return torch.optim.SGD(groups, lr=1.0, momentum=0.5, nesterov=setup.update_rule == "nesterov")
