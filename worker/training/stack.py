"""A stack: lanes that share a fold and a minibatch order, trained together epoch by epoch."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from torch import Tensor

from worker.training import looks, mean_rate, schedules
from worker.training.backend import Backend, MeasuringBackend, Rows
from worker.training.held_back import set_apart
from worker.training.implicit_rate import ImplicitRates, is_measured
from worker.training.lanes import Fold, Lane, LaneResult, Setup
from worker.training.mean_rate import MeanRates
from worker.training.measured import Courses, Rates
from worker.training.minibatches import effective_batch, orders, steps_per_epoch
from worker.training.module_lanes import ModuleLanes
from worker.training.modules import ModuleNetwork
from worker.training.native import build
from worker.training.native.lanes import NativeLanes, supports, trains
from worker.training.native.online import OnlineLanes, trains_online
from worker.training.networks import Network
from worker.training.outcomes import History, lane_result
from worker.training.structure import Structure, structure_of
from worker.training.tiled import TiledLanes


class Stack:
    """Trains lanes; see `engine.train` for the one-call form."""

    def __init__(self, lanes: Sequence[Lane], setup: Setup, fold: Fold) -> None:
        fold = set_apart(fold, setup)
        n_train, channels, height, width = fold.train_images.shape
        self._setup = setup
        self._n_test, self._classes = len(fold.test_labels), fold.classes
        self.network = structure_of(setup, (channels, height, width), fold.classes)
        self.steps_per_epoch = steps_per_epoch(setup, n_train)
        self._histories = [History(lane, setup) for lane in lanes]
        self._dropped: set[int] = set()
        self._orders = orders(setup, n_train)
        self._parts = looks.parts(setup, n_train)
        self._shares = [looks.share(setup, n_train, part.stop) for part in self._parts]
        self._needed = looks.needed(setup, self._n_test)
        self._ends_early = setup.stop_at_target or setup.patience is not None
        self._backend = choose_backend(self.network, setup, fold, lanes)
        self._courses = _courses(self.network, setup, fold, lanes)
        self._implicit = ImplicitRates(self.network, setup, fold) if is_measured(setup) else None
        self._mean_rates = None
        if mean_rate.is_measured(setup) and isinstance(self.network, Network):
            self._mean_rates = MeanRates(self.network, setup, fold)

    @property
    def backend(self) -> str:
        """Name of the backend: "native", "online", "torch" or "module"."""
        return self._backend.name

    @property
    def eta(self) -> Rates | None:
        """(L, layers) eta of the epoch that is due under a schedule that measures; None under any other."""
        return None if self._courses is None else self._courses.eta

    @property
    def alive(self) -> int:
        """Number of lanes that train: neither diverged nor dropped, and not at their end."""
        return len(self._living())

    def run_epoch(self, epoch: int) -> None:
        """Trains every living lane for one epoch (1-based) and records its metrics."""
        order, losses = next(self._orders), list[Rows]()
        self._note_rates(epoch)
        if epoch == 1:
            self._measure_rates(0.0, self._living())
        for part, share in zip(self._parts, self._shares, strict=True):
            if not self._living():
                return
            losses.append(self._backend.train(order, part) if len(self._parts) > 1 else self._backend.train(order))
            if part is not self._parts[-1]:
                ended = self._look(epoch, share, np.concatenate(losses))
                self._measure(epoch, order[: part.stop * effective_batch(self._setup, len(order))], ended)
                self._backend.drop(ended)
        if self._living():
            self._record(epoch, order, np.concatenate(losses) if len(losses) > 1 else losses[0])

    def _note_rates(self, epoch: int) -> None:
        """Notes the rates that the epoch trains with, where a schedule that measures chose them."""
        if self._courses is None:
            return
        layers = self._courses.layers
        for number, rates in enumerate(self._courses.eta):
            if self._trains(number):
                self._histories[number].note_rates(epoch, dict(zip(layers, rates.tolist(), strict=True)))

    def _look(self, epoch: int, share: float, losses: Rows) -> list[int]:
        """A look within an epoch, at the lanes that have not reached the target; returns those that end there."""
        sound = [n for n in self._living() if np.isfinite(losses[:, n]).all()]
        self._measure_rates(epoch - 1 + share, sound)
        waiting = [n for n in sound if self._histories[n].reached is None]
        if not waiting:
            return []
        scores = self._backend.evaluate(own_loss=self._ends_early, numbers=waiting, least=self._needed)
        ended: list[int] = []
        for number in waiting:
            history, correct = self._histories[number], int(scores.correct[number])
            entropy = float(scores.cross_entropy[number]) / self._n_test
            if history.look(epoch, share, correct=correct, n_test=self._n_test) and np.isfinite(entropy):
                steps = losses[:, number]
                history.record(epoch, steps, correct=correct, cross_entropy=entropy, n_test=self._n_test, share=share)
                history.own_loss = float(scores.own_loss[number]) / self._n_test
                ended.append(number)
        return ended

    def _record(self, epoch: int, order: Tensor, losses: Rows) -> None:
        """The look at the end of an epoch."""
        living = self._living()
        self._measure_rates(float(epoch), [n for n in living if np.isfinite(losses[:, n]).all()])
        scores = self._backend.evaluate(own_loss=self._ends_early or epoch == self._setup.epochs, numbers=living)
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
        self._backend.drop([number for number in living if not self._trains(number)])
        if self._courses is not None and epoch < self._setup.epochs and (left := self._living()):
            assert isinstance(self._backend, MeasuringBackend)  # `engine` refuses other networks
            self._backend.set_rates(self._courses.after_epoch(self._backend.codes(), left))
        self._measure(epoch, order, self._living())

    def _measure(self, epoch: int, order: Tensor, numbers: Sequence[int]) -> None:
        """Records the implicit rates of these lanes, where the backward rule has any.

        Args:
            epoch: 1-based.
            order: numbers of the images that the epoch has trained so far.
            numbers: of the lanes.
        """
        if self._implicit is None:
            return
        for number in numbers:
            history = self._histories[number]
            found = self._implicit.measure(history.lane, self.parameters(number), order)
            history.implicit_rate[epoch - 1], history.harmful[epoch - 1] = found

    def _measure_rates(self, epochs: float, numbers: Sequence[int]) -> None:
        """Records the mean rates of these lanes after so many epochs, where their rule gives each weight its own."""
        if self._mean_rates is None or not mean_rate.is_due(epochs):
            return
        for number in numbers:
            history = self._histories[number]
            history.rates.append((epochs, self._mean_rates.measure(history.lane, self.parameters(number))))

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
        return [n for n in range(len(self._histories)) if self._trains(n) and n not in self._dropped]

    def _trains(self, number: int) -> bool:
        history = self._histories[number]
        return history.diverged_at is None and history.ended is None


def _courses(network: Structure, setup: Setup, fold: Fold, lanes: Sequence[Lane]) -> Courses | None:
    """The lanes' courses under a schedule that measures."""
    schedule = schedules.measured(setup.schedule)
    if schedule is None or fold.held_labels is None or not isinstance(network, Network):
        return None
    return Courses(schedule, lanes, setup, network, fold.held_labels.cpu().numpy())


def choose_backend(network: Structure, setup: Setup, fold: Fold, lanes: Sequence[Lane]) -> Backend:
    """Modules for a network that is one; compiled kernels where they and a compiler are there; torch otherwise."""
    if isinstance(network, ModuleNetwork):
        return ModuleLanes(network, setup, fold, lanes)
    if trains_online(network, setup, fold.train_images, lanes) and (online := build.library(build.ONLINE)) is not None:
        return OnlineLanes(online, network, setup, fold, lanes)
    compiled = trains(setup) and supports(network, fold.train_images)
    if compiled and (library := build.library()) is not None:
        return NativeLanes(library, network, setup, fold, lanes)
    return TiledLanes(network, setup, fold, lanes)
