"""The plain PyTorch loop for one lane: the reference that the stacked engine is tested and measured against.

An ordinary module, autograd and an ordinary optimizer (`solo.py`), nothing shared and nothing fused.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from worker.training import looks, losses, squared_error
from worker.training.lanes import Fold, Lane, LaneResult, Setup
from worker.training.minibatches import batches_of, orders, steps_per_epoch
from worker.training.networks import Network, module_parameters
from worker.training.outcomes import History, lane_result
from worker.training.population import use_population_statistics
from worker.training.rates import Rates
from worker.training.solo import set_rates, solo_optimizer
from worker.training.solo_backward import change_backward
from worker.training.solo_measured import follower
from worker.training.structure import Structure, lane_module, structure_of
from worker.training.timetable import length_of, rates_of


def train_one(lane: Lane, setup: Setup, fold: Fold, rates: Rates | None = None) -> tuple[LaneResult, dict[str, Tensor]]:
    """Trains one lane on the fold's device and in its precision.

    Args:
        lane: that is trained.
        setup: of the training.
        fold: the data.
        rates: eta and alpha of each step; None: those of the set-up's schedule. A schedule that measures moves eta as
            its follower in `solo_measured.py` does.

    Returns:
        The metrics, and the final parameters under the names of `Network.parameter_shapes`.
    """
    follow = follower(lane, setup, fold)
    fold = fold if follow is None else follow.fold
    images = fold.train_images
    n_train, channels, height, width = images.shape
    network = structure_of(setup, (channels, height, width), fold.classes)
    module = lane_module(network, lane, setup).to(images.device, images.dtype)
    change_backward(module, network, lane, setup)
    history = History(lane, setup)
    if follow is None:
        rates = rates or rates_of(lane, setup, length_of(setup, n_train))
    optimizer = solo_optimizer(module, lane, setup, by_layer=rates is not None and bool(rates.layers))
    steps, n_test = 0, len(fold.test_labels)
    due = {part.stop for part in looks.parts(setup, n_train)[:-1]}
    for epoch, order in enumerate(orders(setup, n_train), start=1):
        taken: list[Tensor] = []
        share = 1.0
        if follow is not None:
            follow.set_rates(optimizer, module)
        for indices in batches_of(order.to(images.device), setup):
            module.train()
            if rates is not None:
                set_rates(optimizer, rates, steps + len(taken))
            optimizer.zero_grad()
            loss = _per_example(lane.loss, setup, module(images[indices]), fold.train_labels[indices]).mean()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            taken.append(loss.detach())
            if len(taken) in due and torch.stack(taken).isfinite().all():
                correct = _evaluate(network, module, lane, setup, fold)[0]
                if history.look(epoch, looks.share(setup, n_train, len(taken)), correct=correct, n_test=n_test):
                    share = looks.share(setup, n_train, len(taken))
                    break
        steps += len(taken)
        correct, cross_entropy, history.own_loss = _evaluate(network, module, lane, setup, fold)
        step_losses = torch.stack(taken).double().cpu().numpy()
        alive = history.record(
            epoch, step_losses, correct=correct, cross_entropy=cross_entropy, n_test=n_test, share=share
        )
        if not alive or history.ended:
            break
        if follow is not None:
            follow.after_epoch(module)
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
def _evaluate(network: Structure, module: nn.Module, lane: Lane, setup: Setup, fold: Fold) -> tuple[int, float, float]:
    """(correct, cross-entropy per image, own loss per image) on the test fold."""
    if isinstance(network, Network):
        use_population_statistics(module, fold.train_images)
    module.eval()
    logits = torch.cat([module(part) for part in torch.split(fold.test_images, 512)])
    correct = int((logits.argmax(dim=1) == fold.test_labels).sum())
    cross_entropy, own = (
        float(_per_example(loss, setup, logits, fold.test_labels).double().mean())
        for loss in ("cross_entropy", lane.loss)
    )
    return correct, cross_entropy, own
