"""A stack: lanes that share a fold and a minibatch order, trained together epoch by epoch."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from torch import Tensor

from worker.training.backend import Backend
from worker.training.lanes import Fold, Lane, LaneResult, Setup
from worker.training.minibatches import orders, steps_per_epoch
from worker.training.module_lanes import ModuleLanes
from worker.training.modules import ModuleNetwork
from worker.training.native import build
from worker.training.native.lanes import NativeLanes, supports, trains
from worker.training.outcomes import History, lane_result
from worker.training.structure import Structure, structure_of
from worker.training.tiled import TiledLanes


class Stack:
    """Trains lanes; see `engine.train` for the one-call form."""

    def __init__(self, lanes: Sequence[Lane], setup: Setup, fold: Fold) -> None:
        n_train, channels, height, width = fold.train_images.shape
        self._setup = setup
        self._n_test, self._classes = len(fold.test_labels), fold.classes
        shape = (channels, height, width)
        self.network = structure_of(setup, shape, fold.classes)
        self.steps_per_epoch = steps_per_epoch(setup, n_train)
        self._histories = [History(lane, setup) for lane in lanes]
        self._dropped: set[int] = set()
        self._orders = orders(setup, n_train)
        self._backend = choose_backend(self.network, setup, fold, lanes)

    @property
    def backend(self) -> str:
        """Name of the backend: "native", "torch" or "module"."""
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


def choose_backend(network: Structure, setup: Setup, fold: Fold, lanes: Sequence[Lane]) -> Backend:
    """Modules for a network that is one; compiled kernels where they and a compiler are there; torch otherwise."""
    if isinstance(network, ModuleNetwork):
        return ModuleLanes(network, setup, fold, lanes)
    compiled = trains(setup) and supports(network, fold.train_images)
    if compiled and (library := build.library()) is not None:
        return NativeLanes(library, network, setup, fold, lanes)
    return TiledLanes(network, setup, fold, lanes)
