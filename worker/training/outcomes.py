"""The outcome of a run: its curves epoch by epoch, and its metrics at the end, also where it diverged."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from worker.training import squared_error
from worker.training.lanes import Lane, LaneResult, Setup
from worker.training.losses import floor, value_at_uniform
from worker.training.mean_rate import MeanRate
from worker.training.rates import LAST

CHANCE_DEVIATIONS = 3.0  # a run within 3 binomial standard deviations of chance has learned nothing

Curve = NDArray[np.float64]


def chance_limit(n_test: int, classes: int) -> float:
    """Largest number of correct images that still counts as chance level: n/K + 3 sqrt(n/K (1 - 1/K))."""
    expected = n_test / classes
    return expected + CHANCE_DEVIATIONS * math.sqrt(expected * (1.0 - 1.0 / classes))


class History:
    """A run's measurements after each epoch; epochs after divergence, or after the run's end, stay nan."""

    def __init__(self, lane: Lane, setup: Setup) -> None:
        self.lane, self.setup = lane, setup
        self.loss: Curve = np.full(setup.epochs, np.nan)  # mean training loss of the epoch
        self.accuracy: Curve = np.full(setup.epochs, np.nan)
        self.cross_entropy: Curve = np.full(setup.epochs, np.nan)
        self.implicit_rate: Curve = np.full(setup.epochs, np.nan)  # as `implicit_rate` measures it
        self.harmful: Curve = np.full(setup.epochs, np.nan)
        self.eta: Curve = np.full(setup.epochs, np.nan)  # used in the epoch, where a schedule that measures chose it
        self.eta_last: Curve = np.full(setup.epochs, np.nan)  # of the last layer, where it has a rate of its own
        self.rates: list[tuple[float, Mapping[str, MeanRate]]] = []  # epochs trained, and each layer's mean rate
        self.correct = 0  # after the last epoch measured
        self.own_loss = math.nan  # after the last epoch
        self.diverged_at: int | None = None  # step, 1-based, of the first non-finite loss
        self.reached: float | None = None  # epochs trained at the first look that had the target accuracy
        self.trained = np.ones(setup.epochs)  # share of each epoch's images that the run trained on
        self.ended: tuple[int, int] | None = None  # epoch, 1-based, and steps in it, of a run that ended by itself

    def note_rates(self, epoch: int, rates: Mapping[str, float]) -> None:
        """Notes the rates that an epoch (1-based) trains with, by the layer as `measured.layers_of` names it."""
        for layer, rate in rates.items():
            (self.eta_last if layer == LAST else self.eta)[epoch - 1] = rate

    def look(self, epoch: int, share: float, *, correct: int, n_test: int) -> bool:
        """Notes a look after a share of an epoch (1-based); True where the run is to end there, at its target."""
        if self.reached is None and correct / n_test >= self.setup.target_accuracy:
            self.reached = epoch - 1 + share
        return self.reached is not None and self.setup.stop_at_target

    def record(
        self,
        epoch: int,
        step_losses: Curve,
        *,
        correct: int,
        cross_entropy: float,
        n_test: int,
        share: float = 1.0,
    ) -> bool:
        """Records one epoch, whole or the part of it that a run trained on before it ended.

        Args:
            epoch: 1-based.
            step_losses: (steps taken,) training losses.
            correct: test images classified correctly.
            cross_entropy: nats per test image.
            n_test: test images.
            share: of the epoch's images.

        Returns:
            True while the run is alive; False once a training loss or the test cross-entropy was not finite.
        """
        steps = len(step_losses)
        broken = np.flatnonzero(~np.isfinite(step_losses))
        if broken.size or not math.isfinite(cross_entropy):
            within_epoch = int(broken[0]) + 1 if broken.size else steps
            self.diverged_at = (epoch - 1) * steps + within_epoch
            return False
        self.loss[epoch - 1] = step_losses.mean()
        self.accuracy[epoch - 1] = correct / n_test
        self.cross_entropy[epoch - 1] = cross_entropy
        self.correct = correct
        self.trained[epoch - 1] = share
        if self.look(epoch, share, correct=correct, n_test=n_test) or self._gives_up(epoch):
            self.ended = (epoch, steps)
            self.trained[epoch:] = 0.0
        return True

    def _gives_up(self, epoch: int) -> bool:
        """True after an epoch that is no better than the worst of `patience` epochs before it."""
        patience = self.setup.patience
        if patience is None or epoch <= patience:
            return False
        return bool(self.accuracy[epoch - 1] <= self.accuracy[epoch - 1 - patience : epoch - 1].min())


def lane_result(history: History, setup: Setup, *, n_test: int, classes: int, steps: int) -> LaneResult:
    """Metrics of a finished run.

    A run that diverged scores as a classifier with uniform softmax: n/K correct, ln K nats. A run that is finite but
    ends at chance level has diverged too ("chance", at its last step); its curves stay as measured. After the end of a
    run that ended by itself the test curves go on at their last value, since its network stays as it was.

    Args:
        history: all epochs of the run.
        setup: of the run.
        n_test: test images.
        classes: K.
        steps: of the full schedule.
    """
    divergence, diverged_at = None, history.diverged_at
    if history.ended is not None:
        epoch, within = history.ended
        steps = (epoch - 1) * (steps // setup.epochs) + within
        history.accuracy[epoch:], history.cross_entropy[epoch:] = (
            curve[epoch - 1] for curve in (history.accuracy, history.cross_entropy)
        )
    if diverged_at is not None:
        divergence = "non-finite"
    elif history.correct <= chance_limit(n_test, classes):
        divergence, diverged_at = "chance", steps
    correct = history.correct if divergence is None else round(n_test / classes)
    loss = history.lane.loss
    return LaneResult(
        n_test=n_test,
        correct=correct,
        accuracy=correct / n_test,
        error=1.0 - correct / n_test,
        cross_entropy=float(history.cross_entropy[-1]) if divergence is None else math.log(classes),
        own_loss=history.own_loss if divergence is None else _scale(loss, setup, classes)[1],
        loss_area=_loss_area(history, classes),
        epochs_to_target=history.reached if divergence is None else None,
        diverged_at=diverged_at,
        divergence=divergence,
        steps=steps,
        accuracy_curve=np.where(np.isnan(history.accuracy), 1.0 / classes, history.accuracy).astype(np.float32),
        cross_entropy_curve=_single(history.cross_entropy),
        loss_curve=_single(history.loss),
        implicit_rate_curve=_measured(history.implicit_rate),
        harmful_curve=_measured(history.harmful),
        eta_curve=_measured(history.eta),
        eta_last_curve=_measured(history.eta_last),
        rate_epochs_curve=_single(np.array([epochs for epochs, _ in history.rates])),
        first_rate_curve=_rates(history, "first", "plain"),
        last_rate_curve=_rates(history, "last", "plain"),
        first_used_rate_curve=_rates(history, "first", "used"),
        last_used_rate_curve=_rates(history, "last", "used"),
    )


def _rates(history: History, layer: str, mean: Literal["plain", "used"]) -> NDArray[np.float32]:
    """A layer's mean rate at each measurement; empty where there was none."""
    return _single(np.array([getattr(rates[layer], mean) for _, rates in history.rates if layer in rates]))


def _scale(loss: str, setup: Setup, classes: int) -> tuple[float, float]:
    """A loss per example of a perfect prediction, and of a network that knows nothing."""
    if setup.network == "logistic":
        return 0.0, squared_error.value_at_zero(setup.targets, classes)
    return floor(loss, classes), value_at_uniform(loss, classes)


def _loss_area(history: History, classes: int) -> float:
    """Mean over what was trained of the training loss above its floor, relative to knowing nothing; 1 once diverged."""
    lowest, highest = _scale(history.lane.loss, history.setup, classes)
    relative = np.where(np.isnan(history.loss), 1.0, (history.loss - lowest) / (highest - lowest))
    return float(relative.mean() if history.ended is None else np.average(relative, weights=history.trained))


def _measured(curve: Curve) -> NDArray[np.float32]:
    """A curve as it is kept; empty where nothing was measured."""
    return _single(curve[:0] if np.isnan(curve).all() else curve)


def _single(curve: Curve) -> NDArray[np.float32]:
    """float32, saturated rather than overflowing to infinity."""
    largest = float(np.finfo(np.float32).max)
    return np.clip(curve, -largest, largest).astype(np.float32)
