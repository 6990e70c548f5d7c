"""On-line training, one image a step, of logistic networks: `online.cpp`, lane by lane.

A zero pixel's weights have no gradient, and of most images most pixels are zero: their columns are left alone until
they are needed. Looks within an epoch stop counting once an answer is known (`least` of `Backend.evaluate`).
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from ctypes import byref, c_double, c_int64
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from worker.training import squared_error
from worker.training.backend import Rows, Scores
from worker.training.backward_settings import choices_of as backward_choices
from worker.training.lane_by_lane import LaneByLane
from worker.training.lanes import Fold, Lane, Setup
from worker.training.minibatches import steps_per_epoch
from worker.training.native.lanes import TYPES, as_argument, scheduled_rates, steps_due
from worker.training.networks import Network, initial_parameters
from worker.training.rule_settings import choices_of, numbers_of
from worker.training.rules import rule
from worker.training.timetable import layers_of

RULES = (
    "sgd",
    "heavy_ball",
    "nesterov",
    "adam",
    "rmsprop",
    "adadelta",
    "dlr",
    "dlr_post",
    "lars",
    "yamadam",
)  # as there
MOST_CLASSES = 64
DERIVATIVES = {"identity": 1, "sigmoid": 0}  # of the outputs, that can be sent back: `substituted` of the source


class _Shape(ctypes.Structure):
    _fields_: ClassVar = [(name, c_int64) for name in ("pixels", "hidden", "width", "classes")]


class _Setup(ctypes.Structure):
    _fields_: ClassVar = [
        ("shape", _Shape),
        *((name, c_int64) for name in ("rule", "substituted", "warm_start")),
        *((name, c_double) for name in ("decay", "low", "high")),
    ]


class _Numbers(ctypes.Structure):
    _fields_: ClassVar = [(name, c_double) for name in ("eta", "alpha", "first", "second", "third")]


def trains_online(network: Network, setup: Setup, images: Tensor, lanes: Sequence[Lane]) -> bool:
    """True if the kernels have this training: one image a step on a CPU, by a rule and a backward rule that they have.

    DLR by the norm of what reaches a unit is theirs without momentum, weight decay and schedule alone.
    """
    fits = network.outputs == "logistic" and setup.batch_size == 1 and setup.precision == "fp32"
    here = images.device.type == "cpu" and images.dtype in TYPES and network.classes <= MOST_CLASSES
    known = _rule_of(setup) in RULES and _derivative(setup) in DERIVATIVES
    idle = setup.weight_decay == 0.0 and setup.schedule == "constant" and all(lane.alpha == 0.0 for lane in lanes)
    return fits and here and known and (idle or _rule_of(setup) != "dlr_post")


def _rule_of(setup: Setup) -> str:
    """The rule's name in `RULES`."""
    post = setup.update_rule == "dlr" and choices_of(setup)["side"] == "post"
    return "dlr_post" if post else setup.update_rule


def _derivative(setup: Setup) -> str:
    """The derivative by which the error goes back from the outputs."""
    if setup.backward_rule == "substitute":
        return backward_choices(setup)["derivative"]
    return "sigmoid" if setup.backward_rule == "backpropagation" else ""


class OnlineLanes(LaneByLane):
    """Lanes of a stack, trained by the library of `online.cpp`."""

    name = "online"

    def __init__(self, library: ctypes.CDLL, network: Network, setup: Setup, fold: Fold, lanes: Sequence[Lane]) -> None:
        images = fold.train_images
        super().__init__(len(lanes), images.device)
        self._library, self._suffix, self._dtype = library, TYPES[images.dtype], images.dtype
        self._network = network
        step = self._whole("online_width")
        self._width = math.ceil(network.hidden / step) * step
        self._images, self._labels = images.flatten(1).contiguous(), fold.train_labels.contiguous()
        self._tested = self._compressed(fold.test_images.flatten(1).contiguous())
        self._test_labels = fold.test_labels.contiguous()
        self._steps = steps_per_epoch(setup, len(images))
        low, high = squared_error.TARGETS[setup.targets]
        shape = _Shape(network.patch_size, network.hidden, self._width, network.classes)
        warm = bool(choices_of(setup).get("warm_start", True))
        self._setup = _Setup(
            shape,
            RULES.index(_rule_of(setup)),
            DERIVATIVES[_derivative(setup)],
            int(warm),
            setup.weight_decay,
            low,
            high,
        )
        self._numbers = [_numbers(lane, setup) for lane in lanes]
        rows = {seed: self._pack(initial_parameters(network, seed)) for seed in {lane.init_seed for lane in lanes}}
        self._rows = torch.stack([rows[lane.init_seed] for lane in lanes]).to(images.dtype)
        buffers = max(1, len(rule(setup.update_rule).BUFFERS))
        self._buffers = self._rows.new_zeros(len(lanes), buffers, self._rows.shape[1])
        self._scalars = torch.zeros(len(lanes), 4, dtype=torch.float64)
        self._rates = _scheduled(lanes, setup, len(images))
        self._taken = 0

    def train(self, order: Tensor, part: range | None = None) -> Rows:
        """See `Backend`."""
        part = part or range(self._steps)
        due = steps_due(self._taken, len(part), self._rates)
        images = order[part.start : part.stop].contiguous()
        losses = torch.full((len(self._rows), len(part)), torch.nan, dtype=self._dtype)

        def train_lane(number: int) -> None:
            rates = None if self._rates is None else self._rates[number, due]
            state = (self._rows[number], self._buffers[number], self._scalars[number], losses[number])
            data = (self._images, self._labels, images, len(part), self._taken, rates)
            self._call("online_train", byref(self._setup), byref(self._numbers[number]), *data, *state)

        self._for_each(train_lane)
        self._taken = due.stop
        rows: Rows = losses.T.double().numpy()
        return rows

    def evaluate(self, *, own_loss: bool, numbers: Sequence[int] | None = None, least: int = 0) -> Scores:
        """See `Backend`; the own loss costs nothing here."""
        starts, at, values = self._tested
        data = (starts, at, values, self._test_labels, len(self._test_labels))

        def score(number: int, sums: Tensor) -> None:
            self._call("online_evaluate", byref(self._setup), *data, self._rows[number], least, sums)

        return self._scored(score, numbers)

    def parameters(self, number: int) -> dict[str, Tensor]:
        """See `Backend`."""
        hidden, pixels = self._network.hidden, self._network.patch_size
        matrix = self._rows[number].view(-1, self._width)[:, :hidden]
        return {"first.weight": matrix[:pixels].T.clone(), "last.weight": matrix[pixels:].clone()}

    def _pack(self, parameters: dict[str, Tensor]) -> Tensor:
        """A lane's row; see `online.cpp`."""
        matrix = torch.cat([parameters["first.weight"].T, parameters["last.weight"]])
        return torch.nn.functional.pad(matrix, (0, self._width - matrix.shape[1])).flatten()

    def _compressed(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Pixels that are not zero, image after image: where each begins, (M + 1,), and their places and values."""
        n, pixels = images.shape
        size = (
            int(np.count_nonzero(images.numpy())) + pixels + 1
        )  # room for the last image's zeros, which are overwritten
        starts = torch.empty(n + 1, dtype=torch.int64)
        at, values = torch.empty(size, dtype=torch.int32), images.new_empty(size)
        self._call("online_compress", images, n, pixels, starts, at, values)
        return starts, at, values

    def _call(self, name: str, *arguments: Any) -> None:
        getattr(self._library, f"{name}_{self._suffix}")(*(as_argument(value) for value in arguments))

    def _whole(self, name: str) -> int:
        function = getattr(self._library, f"{name}_{self._suffix}")
        function.restype = c_int64
        return int(function())


def _numbers(lane: Lane, setup: Setup) -> _Numbers:
    """A lane's numbers; the rule's own in the order of its `NUMBERS`."""
    own = numbers_of(lane, setup)
    values = [own[name] for name in rule(setup.update_rule).NUMBERS]
    return _Numbers(lane.eta, lane.alpha, *values, *[0.0] * (3 - len(values)))


def _scheduled(lanes: Sequence[Lane], setup: Setup, n_train: int) -> Tensor | None:
    """(L, steps, 3) eta of the hidden layer and of the outputs, and alpha; None where they are constant."""
    rates = scheduled_rates(lanes, setup, n_train, with_layers=True)
    if rates is None:
        return None
    eta, alpha, *apart = rates.unbind(dim=2)
    own = dict(zip(layers_of(setup), apart, strict=True))
    return torch.stack([own.get("first", eta), own.get("last", eta), alpha], dim=2)
