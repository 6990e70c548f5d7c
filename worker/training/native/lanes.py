"""The compiled backend: every lane trains alone for an epoch, as many at a time as torch may use threads.

One call trains one lane for one epoch, so its weights stay in the processor's cache, and no other lane or thread can
change its bits. Rules other than heavy ball and Nesterov take their steps in torch, on the kernels' gradients; see
`rule_steps.py`. Only the paper's network is compiled, see `supports`, and with it the backward rules of `trains`.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ctypes import POINTER, byref, c_double, c_int64, c_void_p
from typing import Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from worker.training.backend import Rows, Scores
from worker.training.backward import rule
from worker.training.backward_settings import choices_of
from worker.training.lane_by_lane import LaneByLane
from worker.training.lanes import LOSSES, Fold, Lane, Setup
from worker.training.measured import Codes, by_layer, first_rates
from worker.training.minibatches import batches_of, effective_batch, steps_per_epoch
from worker.training.native.rule_steps import RuleSteps
from worker.training.networks import Network, feedback_matrix, initial_parameters
from worker.training.rules import Layout, Part
from worker.training.schedules import has_tables
from worker.training.state import plain_part
from worker.training.threads import lane_threads
from worker.training.timetable import layers_of, length_of, rates_of

TYPES = {torch.float32: "float", torch.float64: "double"}
RULES = ("heavy_ball", "nesterov")  # whose steps are compiled as well
DERIVATIVES = ("relu", "leaky_relu", "identity", "sigmoid", "tanh", "softplus", "elu", "swish")  # as in derivatives.h
HIDDEN, KERNEL, CLASSES = 20, (5, 5), 10  # constants of the source


class _Geometry(ctypes.Structure):
    _fields_: ClassVar = [("channels", c_int64), ("height", c_int64), ("width", c_int64)]


class _Setup(ctypes.Structure):
    _fields_: ClassVar = [
        ("geometry", _Geometry),
        ("batch", c_int64),
        ("nesterov", c_int64),
        ("decay", c_double),
        ("derivative", c_int64),
    ]


class _Lane(ctypes.Structure):
    _fields_: ClassVar = [("eta", c_double), ("alpha", c_double), ("loss", c_int64), ("feedback", c_void_p)]


def supports(network: Network, images: Tensor) -> bool:
    """True if the compiled kernels train this network on these images."""
    structure = (network.batch_norm, network.hidden, network.kernel, network.classes)
    return structure == (True, HIDDEN, KERNEL, CLASSES) and images.device.type == "cpu" and images.dtype in TYPES


def trains(setup: Setup) -> bool:
    """True if the compiled kernels have the gradients of this set-up; measured rates are the same in all layers."""
    return setup.precision == "fp32" and derivative_of(setup) in DERIVATIVES and not by_layer(setup)


def derivative_of(setup: Setup) -> str | None:
    """The derivative at the hidden layer under a backward rule, None for a rule that the kernels do not have."""
    if setup.backward_rule == "substitute":
        return choices_of(setup)["derivative"]
    return "relu" if setup.backward_rule in ("backpropagation", "feedback_alignment") else None


class NativeLanes(LaneByLane):
    """Lanes of a stack, trained by the library of `build.py`."""

    name = "native"

    def __init__(self, library: ctypes.CDLL, network: Network, setup: Setup, fold: Fold, lanes: Sequence[Lane]) -> None:
        images = fold.train_images
        super().__init__(len(lanes), images.device)
        self._kernels = Kernels(library, network, images.dtype)
        self._setup = setup
        self._train_images, self._train_labels = images.contiguous(), fold.train_labels.contiguous()
        self._test_images, self._test_labels = fold.test_images.contiguous(), fold.test_labels.contiguous()
        n_train = len(fold.train_labels)
        self._steps = steps_per_epoch(setup, n_train)
        self._c_setup = _Setup(
            self._kernels.geometry,
            effective_batch(setup, n_train),
            int(setup.update_rule == "nesterov"),
            setup.weight_decay,
            DERIVATIVES.index(derivative_of(setup) or ""),
        )
        drawn = {seed: initial_parameters(network, seed) for seed in {lane.init_seed for lane in lanes}}
        rows = {seed: self._kernels.pack(parameters) for seed, parameters in drawn.items()}
        self._weights = torch.stack([rows[lane.init_seed] for lane in lanes]).to(images.dtype)  # (L, n)
        self._feedback: list[Tensor | None] = [None] * len(lanes)  # kept, since the lanes point to them
        if rule(setup.backward_rule).FIXED:
            self._feedback = self._feedback_rows(network, lanes)
        self._lanes = [
            _Lane(lane.eta, lane.alpha, LOSSES.index(lane.loss), None if row is None else row.data_ptr())
            for lane, row in zip(lanes, self._feedback, strict=True)
        ]
        compiled = setup.update_rule in RULES and not layers_of(setup)  # the kernels' steps take one rate
        self._velocity = torch.zeros_like(self._weights) if compiled else None
        self._rule_steps = None
        if self._velocity is None:
            self._rule_steps = RuleSteps(lanes, setup, self._weights, self._kernels.layout)
        self._rates = scheduled_rates(lanes, setup, n_train, with_layers=self._velocity is None)
        self._eta = first_rates(lanes, setup, network)  # of the epoch that is due, (L, 1), where they are measured
        self._held = (fold.held_images, fold.held_labels)
        self._taken = 0  # steps so far
        self._fold_moments = self._kernels.moments(self._train_images, torch.arange(n_train))
        self._step_moments: Tensor | None = None  # (steps, k * (k + 1)), kept while the order stays
        self._moments_order: Tensor | None = None

    def _feedback_rows(self, network: Network, lanes: Sequence[Lane]) -> list[Tensor | None]:
        """Each lane's row with its matrix of feedback alignment in place of the last layer's weights."""
        zeros = {name: torch.zeros(shape, dtype=torch.float64) for name, shape in network.parameter_shapes.items()}
        rows = {
            seed: self._kernels.pack(zeros | {"last.weight": feedback_matrix(network, seed)}).to(self._weights.dtype)
            for seed in {lane.init_seed for lane in lanes}
        }
        return [rows[lane.init_seed] for lane in lanes]

    def train(self, order: Tensor, part: range | None = None) -> Rows:
        """See `Backend`."""
        part = part or range(self._steps)
        moments = self._moments_of(order)[part.start : part.stop]
        order = order[part.start * self._c_setup.batch : part.stop * self._c_setup.batch].contiguous()
        losses = torch.full((len(self._lanes), len(part)), torch.nan, dtype=self._weights.dtype)
        due = steps_due(self._taken, len(part), self._rates)

        def train_lane(number: int) -> None:
            rates = self._due(number, due)
            if self._velocity is None:
                self._walk(number, order, moments, rates, losses[number])
                return
            data = (self._train_images, self._train_labels, order, len(order), moments, rates)
            state = (self._weights[number], self._velocity[number], losses[number])
            self._kernels.call("train", byref(self._c_setup), byref(self._lanes[number]), *data, *state)

        self._for_each(train_lane)
        self._taken = due.stop
        rows: Rows = losses.T.double().numpy()
        return rows

    def _due(self, number: int, due: slice) -> Tensor | None:
        """(steps, 2) eta and alpha of a lane's next epoch; None where they are constant."""
        if self._eta is not None:
            return torch.tensor([self._eta[number, 0], self._lanes[number].alpha], dtype=torch.float64).repeat(
                self._steps, 1
            )
        return None if self._rates is None else self._rates[number, due]

    def codes(self) -> Codes:
        """See `Backend`; classes alone, see `trains`."""
        images, labels = self._held
        assert images is not None and labels is not None
        images = images.contiguous()
        answers = torch.zeros(len(self._lanes), len(labels), dtype=torch.int64)

        def answer(number: int) -> None:
            data = (images, len(labels), self._fold_moments, self._weights[number], answers[number])
            self._kernels.call("answer", byref(self._c_setup), *data)

        self._for_each(answer)
        codes: Codes = answers.numpy()[:, np.newaxis]
        return codes

    def set_rates(self, eta: Rows) -> None:
        """See `Backend`."""
        self._eta = eta

    def _walk(self, number: int, order: Tensor, moments: Tensor, rates: Tensor | None, losses: Tensor) -> None:
        """Trains one lane for an epoch by its rule's own steps; sets `losses`, (steps,)."""
        parts = torch.split(order, self._c_setup.batch)
        with self._kernels.trainer(self._c_setup) as trainer:

            def slope(step: int, weights: Tensor, gradient: Tensor) -> float:
                data = (self._train_images, self._train_labels, parts[step], len(parts[step]), moments[step])
                loss = losses[step : step + 1]
                self._kernels.call("slope", trainer, byref(self._lanes[number]), *data, weights, gradient, loss)
                return float(loss)

            assert self._rule_steps is not None
            self._rule_steps.train(number, len(parts), slope, rates)

    def evaluate(self, *, own_loss: bool, numbers: Sequence[int] | None = None, least: int = 0) -> Scores:
        """See `Backend`; the own loss costs nothing here."""
        data = (self._test_images, self._test_labels, len(self._test_labels), self._fold_moments)

        def score(number: int, sums: Tensor) -> None:
            lane = (byref(self._c_setup), byref(self._lanes[number]))
            self._kernels.call("evaluate", *lane, *data, self._weights[number], sums)

        return self._scored(score, numbers)

    def parameters(self, number: int) -> dict[str, Tensor]:
        """See `Backend`."""
        return self._kernels.unpack(self._weights[number])

    def _moments_of(self, order: Tensor) -> Tensor:
        """(steps, k * (k + 1)) moments of each step's minibatch."""
        if self._step_moments is not None and (not self._setup.reshuffle or order is self._moments_order):
            return self._step_moments
        batches = batches_of(order, self._setup)
        moments = self._weights.new_empty(len(batches), self._fold_moments.numel())

        def measure(step: int) -> None:
            moments[step] = self._kernels.moments(self._train_images, batches[step])

        with lane_threads(len(batches)) as for_each:
            for_each(measure, range(len(batches)))
        self._step_moments, self._moments_order = moments, order
        return moments


class Kernels:
    """The library's functions for one network and one precision, and the order of a lane's numbers."""

    def __init__(self, library: ctypes.CDLL, network: Network, dtype: torch.dtype) -> None:
        self.geometry = _Geometry(*network.image_shape)
        self._library = library
        self._suffix = TYPES[dtype]
        self._dtype = dtype
        self._network = network
        size, last, width = (self._integer(name) for name in ("row_size", "last_start", "width"))
        self._size, self._last, self._width = size, last, width

    def call(self, name: str, *arguments: Any) -> None:
        """Calls a function; tensors are passed by address and must be contiguous. Other threads run meanwhile."""
        getattr(self._library, f"{name}_{self._suffix}")(*(as_argument(value) for value in arguments))

    @contextmanager
    def trainer(self, setup: _Setup) -> Iterator[c_void_p]:
        """Working memory for the gradients of one lane at a time."""
        function = getattr(self._library, f"open_{self._suffix}")
        function.restype = c_void_p
        opened = c_void_p(function(byref(setup)))
        try:
            yield opened
        finally:
            self.call("close", opened)

    def moments(self, images: Tensor, indices: Tensor) -> Tensor:
        """Mean (k,) and covariance (k, k) of the patches of some images, as one row of k * (k + 1) numbers."""
        k = self._network.patch_size
        row = torch.empty(k * (k + 1), dtype=self._dtype)
        self.call("measure", byref(self.geometry), images, indices, len(indices), row)
        return row

    @property
    def layout(self) -> Layout:
        """The parameters within a lane's row; see `pack`."""
        last = (self._vectors, HIDDEN, CLASSES, self._width)
        return Layout(
            (*self._small, Part("last.weight", "matrix", self._last, self._size, last, outs=(3,), ins=(1, 2, 4)))
        )

    def pack(self, parameters: dict[str, Tensor]) -> Tensor:
        """A lane's row, (n,): the small parameters, then the last layer's in the order that the kernels read."""
        row = torch.zeros(self._size, dtype=parameters["last.weight"].dtype)
        small = torch.cat([parameters[part.name].flatten() for part in self._small])
        row[: small.numel()] = small
        padding = self._vectors * self._width - self._network.positions
        last = F.pad(parameters["last.weight"].reshape(CLASSES, HIDDEN, -1), (0, padding))  # (K, c, P)
        row[self._last :] = last.view(CLASSES, HIDDEN, self._vectors, self._width).permute(2, 1, 0, 3).flatten()
        return row

    def unpack(self, row: Tensor) -> dict[str, Tensor]:
        """The parameters in a lane's row, copied."""
        named = {part.name: part.of(row.unsqueeze(0))[0].clone() for part in self._small}
        last = row[self._last :].view(self._vectors, HIDDEN, CLASSES, self._width).permute(2, 1, 0, 3)
        flat = last.reshape(CLASSES, HIDDEN, -1)[:, :, : self._network.positions].reshape(CLASSES, -1)
        return {name: flat if name == "last.weight" else named[name] for name in self._network.parameter_shapes}

    @property
    def _vectors(self) -> int:
        return math.ceil(self._network.positions / self._width)

    @property
    def _small(self) -> list[Part]:
        """All but the last layer's weights, one after the other."""
        parts: list[Part] = []
        for name in ("first.weight", "norm.scale", "norm.offset", "last.bias"):  # the order in the source
            parts.append(plain_part(name, self._network.parameter_shapes[name], parts[-1].stop if parts else 0))
        return parts

    def _integer(self, name: str) -> int:
        function = getattr(self._library, f"{name}_{self._suffix}")
        function.restype, function.argtypes = c_int64, [POINTER(_Geometry)]
        return int(function(byref(self.geometry)))


def steps_due(taken: int, steps: int, rates: Tensor | None) -> slice:
    """The next steps of a training, of which some were taken.

    Raises:
        IndexError: its rates, (L, steps, k), end before.
    """
    due = slice(taken, taken + steps)
    if rates is not None and due.stop > rates.shape[1]:
        raise IndexError(f"the schedule has rates for {rates.shape[1]} steps: {due.stop} were asked for")
    return due


def scheduled_rates(lanes: Sequence[Lane], setup: Setup, n_train: int, *, with_layers: bool = False) -> Tensor | None:
    """(L, steps, 2) eta and alpha of each step of the training; None where they are constant.

    Layers with rates of their own have theirs behind, (L, steps, 2 + layers), in the order of `layers_of`, for steps
    that can take them (`with_layers`).
    """
    if not has_tables(setup.schedule):
        return None
    tables = [rates_of(lane, setup, length_of(setup, n_train)) for lane in lanes]
    if not with_layers and layers_of(setup):
        raise ValueError("`schedule_settings` gives layers rates of their own, which these kernels do not take")
    columns = [[table.eta, table.alpha, *table.layers.values()] for table in tables]
    return torch.from_numpy(np.stack([np.stack(each, axis=1) for each in columns]))


def as_argument(value: Any) -> Any:
    """A value as C takes it: tensors by address, whole numbers of 64 bits."""
    if isinstance(value, Tensor):
        return c_void_p(value.data_ptr())
    return c_int64(value) if isinstance(value, int) else value
