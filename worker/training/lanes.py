"""Inputs and results of a stacked training: plain records, no tensors of weights.

A *lane* is one run inside a stack. Lanes of a stack share a fold and a minibatch order (`Setup`), and differ in
(eta, alpha, loss, initial weights) and in the numbers of their update rule. A lane's result does not depend on which
other lanes shared its stack.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

LOSSES = ("sse", "golden_unsquared", "golden", "golden_literal", "cross_entropy")
NETWORKS = ("fig3", "softmax", "mlp", "logistic")  # stacked ones; `modules.names()` are the others
LOSSES_OF = {"logistic": ("sse",)}  # of networks that not every loss trains
BY_EVERY_LOSS = tuple(name for name in NETWORKS if name not in LOSSES_OF)
INITIALISATIONS = ("glorot_uniform", "normal")


@dataclass(frozen=True, slots=True)
class Lane:
    """One run of a stack: its learning rate, momentum weight, loss and the seed of its initial weights.

    `own` holds numbers of the update rule that this lane has in place of the set-up's, by name.
    """

    eta: float
    alpha: float
    loss: str  # one of LOSSES
    init_seed: int  # 0 <= seed < 2**63
    own: tuple[tuple[str, float], ...] = ()  # numeric parameters of the update rule that this lane overrides


@dataclass(frozen=True, slots=True)
class Setup:
    """Settings that the lanes of a stack share; the defaults are the paper's set-up."""

    network: str = "fig3"  # one of NETWORKS, or a file of `modules`
    network_settings: tuple[tuple[str, float | str | bool], ...] = ()  # of a module, beside its width
    update_rule: str = "heavy_ball"  # Eq. 4; a file of `rules`
    rule_settings: tuple[tuple[str, float | str | bool], ...] = ()  # its own parameters; defaults where not stated
    initialisation: str = "glorot_uniform"
    initialisation_settings: tuple[tuple[str, float | str | bool], ...] = ()  # `sd` of normal weights
    schedule: str = "constant"  # a file of `schedules`
    schedule_settings: tuple[tuple[str, float | str | bool | tuple[float, ...]], ...] = ()
    backward_rule: str = "backpropagation"  # a file of `backward`
    backward_settings: tuple[tuple[str, float | str | bool], ...] = ()  # each of the rule's `CHOICES`
    width: int | None = None  # of the hidden layer; None: the network's own
    batch_size: int = 128
    epochs: int = 30
    weight_decay: float = 1e-4  # gradient term lambda * w, on weights and batch-norm scale and offset, not on biases
    drop_last: bool = True  # the paper's toolbox drops the last partial batch
    reshuffle: bool = False  # False: one order, drawn before epoch 1 and kept ("shuffle once", the toolbox's default)
    target_accuracy: float = 0.9  # for epochs_to_target, on the held-out fold
    evaluate_every: int | None = None  # training images between two looks within an epoch; None: one look an epoch
    stop_at_target: bool = False  # a run ends at the first look at which it has the target accuracy
    patience: int | None = None  # a run ends after an epoch no better than the worst of this many before it
    targets: str = "zero_one"  # of logistic outputs, one of `squared_error.TARGETS`
    precision: str = "fp32"  # of the matrix products, one of `products.PRECISIONS`
    order_seed: int = 0


@dataclass(frozen=True, slots=True)
class Fold:
    """One training/test split as tensors on the training device."""

    train_images: torch.Tensor  # (N, C, H, W) float32, raw pixel scale mapped to [0, 1]
    train_labels: torch.Tensor  # (N,) int64
    test_images: torch.Tensor  # (M, C, H, W) float32
    test_labels: torch.Tensor  # (M,) int64
    classes: int
    train_groups: torch.Tensor | None = None  # (N,) int64 on the CPU, original of each training image; None: its own
    held_images: torch.Tensor | None = None  # (H, C, H, W) taken from the training part to measure on; `held_back.py`
    held_labels: torch.Tensor | None = None  # (H,) int64


def no_curve() -> NDArray[np.float32]:
    """A curve that was not measured."""
    return np.empty(0, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class LaneResult:
    """Every metric of one run, so that one study answers for each objective. Test metrics are on the held-out fold.

    After divergence the metrics are those of a chance-level classifier with uniform softmax, all of them finite. A run
    that ended before its last epoch has the metrics of its end: its network stays as it was from then on.
    """

    n_test: int
    correct: int
    accuracy: float  # correct / n_test
    error: float  # 1 - accuracy
    cross_entropy: float  # nats per test image
    own_loss: float  # the lane's loss per test image, summed over classes
    loss_area: float  # mean over epochs of the training loss relative to its value at uniform softmax
    epochs_to_target: float | None  # epochs trained at the first look whose test accuracy reached the target
    diverged_at: int | None  # step (1-based) of the first non-finite loss; the last step of a run that stayed at chance
    divergence: str | None  # None, "non-finite" or "chance"
    steps: int  # of the full schedule; of a run that ended before, those that it took
    accuracy_curve: NDArray[np.float32] = field(repr=False)  # (epochs,) test accuracy
    cross_entropy_curve: NDArray[np.float32] = field(repr=False)  # (epochs,) test cross-entropy, nan once diverged
    loss_curve: NDArray[np.float32] = field(repr=False)  # (epochs,) mean training loss; nan once diverged or ended
    # Under a backward rule that replaces the activation's derivative, at the end of each epoch; else empty.
    implicit_rate_curve: NDArray[np.float32] = field(repr=False, default_factory=no_curve)  # median factor on eta
    harmful_curve: NDArray[np.float32] = field(repr=False, default_factory=no_curve)  # share of (unit, image) pairs
    # eta of each epoch under a schedule that measures: of all parameters, or of those before the last layer where that
    # has its own.
    eta_curve: NDArray[np.float32] = field(repr=False, default_factory=no_curve)
    eta_last_curve: NDArray[np.float32] = field(repr=False, default_factory=no_curve)  # of the last layer
    # Under DLR, whose weights have rates of their own, at the start and at looks; else empty. See `mean_rate.py`.
    rate_epochs_curve: NDArray[np.float32] = field(repr=False, default_factory=no_curve)  # epochs trained by then
    first_rate_curve: NDArray[np.float32] = field(repr=False, default_factory=no_curve)  # mean share of eta, by layer
    last_rate_curve: NDArray[np.float32] = field(repr=False, default_factory=no_curve)
    first_used_rate_curve: NDArray[np.float32] = field(repr=False, default_factory=no_curve)  # weighted by use
    last_used_rate_curve: NDArray[np.float32] = field(repr=False, default_factory=no_curve)


@dataclass(frozen=True, slots=True)
class Progress:
    """The engine's report to `on_epoch` after each epoch."""

    epoch: int  # 1-based
    epochs: int
    alive: int  # lanes neither diverged nor dropped
    lanes: int


@dataclass(frozen=True, slots=True)
class Drop:
    """An answer of `on_epoch`: go on without some lanes. Lanes that were dropped before may be named again."""

    lanes: frozenset[int]  # by their place in the list that the engine was given


@dataclass(frozen=True, slots=True)
class Outcome:
    """The results of a list of lanes, and the width of stack that memory allowed."""

    results: list[LaneResult | None]  # one per lane, in order; None: dropped
    width: int  # lanes a stack could have in the end: all of them, or fewer because memory ran out


OnEpoch = Callable[[Progress], bool | Drop]  # True: go on; False: stop the whole stack (StackStopped is raised)


class StackStopped(RuntimeError):
    """`on_epoch` asked the stack to stop; nothing of it may be stored."""
