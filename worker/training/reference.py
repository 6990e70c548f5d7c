"""The plain PyTorch loop for one lane: the reference that the stacked engine is tested and measured against.

An ordinary module, autograd and an ordinary optimizer (`solo.py`), nothing shared and nothing fused.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from worker.training.lanes import Fold, Lane, LaneResult, Setup
from worker.training.losses import per_example
from worker.training.minibatches import batches_of, orders
from worker.training.networks import build_network, module_parameters, plain_module
from worker.training.outcomes import History, lane_result
from worker.training.rates import Rates
from worker.training.solo import set_rates, solo_optimizer
from worker.training.solo_backward import change_backward
from worker.training.timetable import length_of, rates_of


def train_one(lane: Lane, setup: Setup, fold: Fold, rates: Rates | None = None) -> tuple[LaneResult, dict[str, Tensor]]:
    """Trains one lane on the fold's device and in its precision.

    Args:
        lane: that is trained.
        setup: of the training.
        fold: the data.
        rates: eta and alpha of each step; None: those of the set-up's schedule.

    Returns:
        The metrics, and the final parameters under the names of `Network.parameter_shapes`.
    """
    images = fold.train_images
    n_train, channels, height, width = images.shape
    network = build_network(setup.network, (channels, height, width), fold.classes, setup.width)
    module = plain_module(network, lane.init_seed).to(images.device, images.dtype)
    change_backward(module, network, lane, setup)
    history = History(lane, setup)
    rates = rates or rates_of(lane, setup, length_of(setup, n_train))
    optimizer = solo_optimizer(module, lane, setup, by_layer=bool(rates.layers))
    steps = 0
    for epoch, order in enumerate(orders(setup, n_train), start=1):
        losses: list[Tensor] = []
        module.train()
        for indices in batches_of(order.to(images.device), setup):
            set_rates(optimizer, rates, steps + len(losses))
            optimizer.zero_grad()
            loss = per_example(lane.loss, module(images[indices]), fold.train_labels[indices]).mean()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            losses.append(loss.detach())
        steps += len(losses)
        correct, cross_entropy, own_loss = _evaluate(module, lane, fold)
        history.own_loss = own_loss
        step_losses = torch.stack(losses).double().cpu().numpy()
        n_test = len(fold.test_labels)
        if not history.record(epoch, step_losses, correct=correct, cross_entropy=cross_entropy, n_test=n_test):
            break
    schedule = steps // epoch * setup.epochs
    result = lane_result(history, setup, n_test=len(fold.test_labels), classes=fold.classes, steps=schedule)
    return result, module_parameters(network, module)


@torch.no_grad()
def _evaluate(module: nn.Module, lane: Lane, fold: Fold) -> tuple[int, float, float]:
    """(correct, cross-entropy per image, own loss per image) on the test fold."""
    norm = getattr(module, "norm", None)
    if isinstance(norm, nn.BatchNorm2d):
        _use_population_statistics(module.get_submodule("first"), norm, fold.train_images)
    module.eval()
    logits = torch.cat([module(part) for part in torch.split(fold.test_images, 512)])
    correct = int((logits.argmax(dim=1) == fold.test_labels).sum())
    cross_entropy = float(per_example("cross_entropy", logits, fold.test_labels).double().mean())
    return correct, cross_entropy, float(per_example(lane.loss, logits, fold.test_labels).double().mean())


def _use_population_statistics(first: nn.Module, norm: nn.BatchNorm2d, images: Tensor) -> None:
    """Sets batch norm's statistics to the mean and population variance over all training images."""
    count = 0
    total = images.new_zeros(norm.num_features, dtype=torch.float64)
    squares = torch.zeros_like(total)
    for part in torch.split(images, 512):
        outputs = first(part).double()
        count += outputs.numel() // outputs.shape[1]
        total += outputs.sum(dim=(0, 2, 3))
        squares += outputs.square().sum(dim=(0, 2, 3))
    mean = total / count
    norm.get_buffer("running_mean").copy_(mean)
    norm.get_buffer("running_var").copy_(squares / count - mean.square())
