"""A stack: lanes that share a fold and a minibatch order, trained together epoch by epoch."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from torch import Tensor

from worker.training import networks
from worker.training.backend import Backend
from worker.training.implicit_rate import ImplicitRates, is_measured
from worker.training.lanes import Fold, Lane, LaneResult, Setup
from worker.training.minibatches import orders, steps_per_epoch
from worker.training.native import build
from worker.training.native.lanes import NativeLanes, supports, trains
from worker.training.networks import Network
from worker.training.outcomes import History, lane_result
from worker.training.tiled import TiledLanes


class Stack:
    """Trains lanes; see `engine.train` for the one-call form."""

    def __init__(self, lanes: Sequence[Lane], setup: Setup, fold: Fold) -> None:
        n_train, channels, height, width = fold.train_images.shape
        self._setup = setup
        self._n_test, self._classes = len(fold.test_labels), fold.classes
        shape = (channels, height, width)
        self.network = networks.build_network(setup.network, shape, fold.classes, setup.width)
        self.steps_per_epoch = steps_per_epoch(setup, n_train)
        self._histories = [History(lane, setup) for lane in lanes]
        self._dropped: set[int] = set()
        self._orders = orders(setup, n_train)
        self._backend = choose_backend(self.network, setup, fold, lanes)
        self._implicit = ImplicitRates(self.network, setup, fold) if is_measured(setup) else None

    @property
    def backend(self) -> str:
        """Name of the backend: "native" or "torch"."""
        return self._backend.name

    @property
    def alive(self) -> int:
        """Number of lanes that train: neither diverged nor dropped."""
        return len(self._living())

    def run_epoch(self, epoch: int) -> None:
        """Trains every living lane for one epoch (1-based) and records its metrics."""
        order, living = next(self._orders), self._living()
        if not living:
            return
        losses = self._backend.train(order)
        scores = self._backend.evaluate(own_loss=epoch == self._setup.epochs)
        for number in living:
            history = self._histories[number]
            history.record(
                epoch,
                losses[:, number],
                correct=int(scores.correct[number]),
                cross_entropy=float(scores.cross_entropy[number]) / self._n_test,
                n_test=self._n_test,
            )
            history.own_loss = float(scores.own_loss[number]) / self._n_test
        self._backend.drop([number for number in living if self._histories[number].diverged_at is not None])
        self._measure(epoch, order)

    def _measure(self, epoch: int, order: Tensor) -> None:
        """Records the implicit rates of the lanes that train, where the backward rule has any."""
        if self._implicit is None:
            return
        for number in self._living():
            history = self._histories[number]
            found = self._implicit.measure(history.lane, self.parameters(number), order)
            history.implicit_rate[epoch - 1], history.harmful[epoch - 1] = found

    def drop(self, numbers: Collection[int]) -> bool:
        """Stops training some lanes; the bits of the others do not change. False where every lane is dropped."""
        leaving = sorted(set(numbers).intersection(self._living()))
        self._dropped.update(numbers)
        if leaving:
            self._backend.drop(leaving)
        return len(self._dropped) < len(self._histories)

    def results(self) -> list[LaneResult]:
        """Metrics of every lane, in the order in which the lanes were given; those of dropped lanes are undefined."""
        steps = self._setup.epochs * self.steps_per_epoch
        return [
            lane_result(history, self._setup, n_test=self._n_test, classes=self._classes, steps=steps)
            for history in self._histories
        ]

    def parameters(self, number: int) -> dict[str, Tensor]:
        """Copies of the current parameters of a living lane, under the names of `Network.parameter_shapes`."""
        return self._backend.parameters(number)

    def _living(self) -> list[int]:
        alive = (number for number, history in enumerate(self._histories) if history.diverged_at is None)
        return [number for number in alive if number not in self._dropped]


def choose_backend(network: Network, setup: Setup, fold: Fold, lanes: Sequence[Lane]) -> Backend:
    """Compiled kernels where they support network and set-up and there is a compiler, torch otherwise."""
    compiled = trains(setup) and supports(network, fold.train_images)
    if compiled and (library := build.library()) is not None:
        return NativeLanes(library, network, setup, fold, lanes)
    return TiledLanes(network, setup, fold, lanes)
