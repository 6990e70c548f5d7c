"""Schedules: the learning rate eta and the momentum weight alpha of every step of a training.

A schedule is one file of this package, named as a study names it, with two things in it: `NUMBERS`, the parameters of
its own, and `table`, a pure function of the training's length and the lane's (eta, alpha). A schedule that measures
nothing is known before the training starts, so the engine puts the tables on the device once and each step takes its
row there. The row before the first step is row 0; the last step of the training has the schedule's end value exactly,
whatever the batch size and whether or not the last partial batch is dropped. A training of one step has the end value.

What eta multiplies. The buffer of heavy ball and Nesterov is torch.optim.SGD's: in step t

    v <- alpha_t v + g,        w <- w - eta_t v        (Nesterov: w <- w - eta_t (g + alpha_t v))

For a constant eta this is Eq. 4, dw(t) = -eta g + alpha dw(t-1). Once eta moves the two differ: here eta_t multiplies
the whole buffer, so a fall of eta shrinks the share of all earlier gradients at once,

    dw(t) = -eta_t g + alpha_t (eta_t / eta_(t-1)) dw(t-1),

whereas Eq. 4 read with eta_t would leave dw(t-1) as it was. A change of alpha never rescales the buffer: v keeps its
size and approaches g / (1 - alpha) of the new alpha over some 1 / (1 - alpha) steps. Where the buffer holds steps, not
gradients (LARS), eta_t multiplies the newest gradient alone. A rule without a learning rate has eta = 1, of which each
step takes the schedule's share; to a rule without a momentum weight an annealed alpha changes nothing.

A schedule that measures has no table: its file has `start` and `after_epoch` in place of it (`Measured`). After each
epoch but the last the stack asks its backend for codes of images that are held back from the training part
(`held_back.py`), counts the information between codes and labels for each lane and layer, and gives the backend new
rates, which lie in the lanes' state: they go through repacking, freezing and halving as buffers do, and a recorded
epoch reads them where they lie (`measured.py`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any, Protocol, cast

from worker.training.folder import file_named, names_in
from worker.training.rates import Length, Rates

Own = float | str | tuple[float, ...]  # a parameter of a schedule: a number, a word, or a row of numbers
Settings = Sequence[tuple[str, float | str | bool | tuple[float, ...]]]
CONSTANT = "constant"  # the one schedule that needs no tables


class Schedule(Protocol):
    """What a file of this package holds."""

    NUMBERS: Mapping[str, Own]  # parameters of its own, with the values used where a setup gives none
    # LAYERS: tuple[str, ...], where layers can have rates of their own: by parameters of these names, rows of numbers

    def table(self, length: Length, eta: float, alpha: float, own: Mapping[str, Any]) -> Rates:
        """Rates of each step, each of them finite and not negative.

        Args:
            length: of the training.
            eta: the lane's learning rate.
            alpha: the lane's momentum weight.
            own: a value for each name in `NUMBERS`.

        Raises:
            ValueError: a value of `own` is out of bounds, or too short for the training; the message names it.
        """


@dataclass(frozen=True, slots=True)
class Course:
    """Where a lane stands under a schedule that measures, in one layer.

    Attributes:
        share: of the lane's eta.
        information: after the epoch before, in nats; None before the first.
    """

    share: float
    information: float | None


class Measured(Protocol):
    """What a file of this package holds whose rates follow from measurements, in place of a table."""

    NUMBERS: Mapping[str, Own]  # as those of `Schedule`; "held" is the share of images that are held back
    CHOICES: Mapping[str, tuple[str, ...]]  # words of its own, the default first; "layers" is "global" or "each"

    def check(self, own: Mapping[str, Any]) -> None:
        """Raises a ValueError that names a value that is out of bounds."""

    def start(self, own: Mapping[str, Any]) -> Course:
        """The course before the first epoch."""

    def after_epoch(self, course: Course, information: float, entropy: float, own: Mapping[str, Any]) -> Course:
        """The course after one more epoch.

        Args:
            course: before it.
            information: between code and label on the images held back, in nats, at most `entropy`.
            entropy: of the labels, in nats.
            own: a value for each name in `NUMBERS` and `CHOICES`.
        """


@cache
def names() -> tuple[str, ...]:
    """Names of all schedules."""
    return names_in(__path__)


def schedule(name: str) -> Schedule:
    """The schedule of that name, where it has a table.

    Raises:
        ValueError: there is none.
    """
    return cast(Schedule, _file(name))


def measured(name: str) -> Measured | None:
    """The schedule of that name, where its rates follow from measurements; None for one with a table.

    Raises:
        ValueError: there is none.
    """
    found = _file(name)
    return cast(Measured, found) if hasattr(found, "after_epoch") else None


def has_tables(name: str) -> bool:
    """True for a schedule whose rates move and are known before the training.

    Raises:
        ValueError: there is none.
    """
    return name != CONSTANT and measured(name) is None


@cache
def _file(name: str) -> ModuleType:
    return file_named(name, names(), __name__, "schedule")


def own_values(name: str, settings: Settings) -> dict[str, Own]:
    """A value for each of the schedule's own parameters: its defaults, and over them the settings.

    Args:
        name: of the schedule.
        settings: pairs of a parameter's name and its value.

    Raises:
        ValueError: an unknown schedule, a parameter that it does not have, or a value that it does not allow.
    """
    measures = measured(name)
    words = {} if measures is None else measures.CHOICES
    values: dict[str, Own] = {**schedule(name).NUMBERS, **{word: allowed[0] for word, allowed in words.items()}}
    for parameter, value in settings:
        if parameter not in values:
            known = ", ".join(values) or "no parameters"
            raise ValueError(f"`schedule_settings` names {parameter!r}, but {name} has {known}")
        if parameter in words:
            values[parameter] = _word(name, parameter, value, words[parameter])
        else:
            values[parameter] = _read(name, parameter, value, row=isinstance(values[parameter], tuple))
    if measures is None:
        schedule(name).table(Length(1, 1), 1.0, 1.0, values)  # raises for a value out of bounds
    else:
        measures.check(values)
    return values


def _word(name: str, parameter: str, value: float | str | bool | tuple[float, ...], allowed: tuple[str, ...]) -> str:
    """The value as one of the allowed words; raises a ValueError where it is none."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"`{parameter}` of the schedule {name} must be one of {', '.join(allowed)}, got {value!r}")
    return value


def _read(name: str, parameter: str, value: float | str | bool | tuple[float, ...], *, row: bool) -> Own:
    """The value as a number, or as a row of numbers; raises a ValueError where it is none."""
    numbers = value if isinstance(value, tuple) else (value,)
    sound = all(not isinstance(number, bool | str) and math.isfinite(number) for number in numbers)
    if not sound or row != isinstance(value, tuple):
        wanted = "a row of finite numbers" if row else "a finite number"
        raise ValueError(f"`{parameter}` of the schedule {name} must be {wanted}, got {value!r}")
    found = tuple(float(number) for number in numbers)
    return found if row else found[0]
