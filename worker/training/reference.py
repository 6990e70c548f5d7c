"""The plain PyTorch loop for one lane: the reference that the stacked engine is tested and measured against.

An ordinary module, autograd and an ordinary optimizer (`solo.py`), nothing shared and nothing fused.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from worker.training import looks, losses, squared_error
from worker.training.lanes import Fold, Lane, LaneResult, Setup
from worker.training.minibatches import batches_of, orders, steps_per_epoch
from worker.training.networks import module_parameters, network_of, plain_module
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
    network = network_of(setup, (channels, height, width), fold.classes)
    module = plain_module(network, lane.init_seed).to(images.device, images.dtype)
    change_backward(module, network, lane, setup)
    optimizer = solo_optimizer(module, lane, setup)
    history = History(lane, setup)
    rates = rates or rates_of(lane, setup, length_of(setup, n_train))
    steps, n_test = 0, len(fold.test_labels)
    due = {part.stop for part in looks.parts(setup, n_train)[:-1]}
    for epoch, order in enumerate(orders(setup, n_train), start=1):
        taken: list[Tensor] = []
        share = 1.0
        for indices in batches_of(order.to(images.device), setup):
            module.train()
            set_rates(optimizer, rates, steps + len(taken))
            optimizer.zero_grad()
            loss = _per_example(lane.loss, setup, module(images[indices]), fold.train_labels[indices]).mean()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            taken.append(loss.detach())
            if len(taken) in due and torch.stack(taken).isfinite().all():
                correct = _evaluate(module, lane, setup, fold)[0]
                if history.look(epoch, looks.share(setup, n_train, len(taken)), correct=correct, n_test=n_test):
                    share = looks.share(setup, n_train, len(taken))
                    break
        steps += len(taken)
        correct, cross_entropy, history.own_loss = _evaluate(module, lane, setup, fold)
        step_losses = torch.stack(taken).double().cpu().numpy()
        alive = history.record(
            epoch, step_losses, correct=correct, cross_entropy=cross_entropy, n_test=n_test, share=share
        )
        if not alive or history.ended:
            break
    schedule = steps_per_epoch(setup, n_train) * setup.epochs
    result = lane_result(history, setup, n_test=n_test, classes=fold.classes, steps=schedule)
    return result, module_parameters(network, module)


def _per_example(loss: str, setup: Setup, logits: Tensor, labels: Tensor) -> Tensor:
    """Loss of each example by the network's outputs."""
    if setup.network != "logistic":
        return losses.per_example(loss, logits, labels)
    if loss == "cross_entropy":
        return losses.per_example(loss, squared_error.log_outputs(logits), labels)
    return squared_error.per_example(logits, labels, setup.targets)


@torch.no_grad()
def _evaluate(module: nn.Module, lane: Lane, setup: Setup, fold: Fold) -> tuple[int, float, float]:
    """(correct, cross-entropy per image, own loss per image) on the test fold."""
    norm = getattr(module, "norm", None)
    if isinstance(norm, nn.BatchNorm2d):
        _use_population_statistics(module.get_submodule("first"), norm, fold.train_images)
    module.eval()
    logits = torch.cat([module(part) for part in torch.split(fold.test_images, 512)])
    correct = int((logits.argmax(dim=1) == fold.test_labels).sum())
    cross_entropy, own = (
        float(_per_example(loss, setup, logits, fold.test_labels).double().mean())
        for loss in ("cross_entropy", lane.loss)
    )
    return correct, cross_entropy, own


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
