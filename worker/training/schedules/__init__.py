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

Schedules that answer to measurements are not built (`mi_decay`: after each epoch eta falls where the information
between predicted class and label has stopped growing, globally or per layer). Such a schedule is no table. It needs:

- `after_epoch(lane, measurements) -> rates`, called on the host between two epochs, never between two steps. Its state
  (the information after the epoch before, the rates now) belongs to the lane: it takes part in select, repack, freeze
  and halving as the rule's buffers do, and starts anew with the lane.
- measurements: scores on images that are split off the *training* part (the held-out fold would leak), as counts of
  (predicted class, label) per lane, (L, K, K); for rates per layer also the k-means codes of the layer's outputs, which
  exist only inside a chunk of the tile's workspace and would have to be counted there.
- the rates written in place into the tile's rows, (L, 1), or (L, n) for rates per layer, so that a recorded epoch
  reads them: the table's place is taken by a row that changes between epochs, and the position is not used.
- `History` with the rates of each epoch, since they can no longer be recomputed from the document.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Protocol, cast

from worker.training.folder import file_named, names_in
from worker.training.rates import Length, Rates

Own = float | tuple[float, ...]  # a parameter of a schedule: a number, or a row of them
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


@cache
def names() -> tuple[str, ...]:
    """Names of all schedules."""
    return names_in(__path__)


@cache
def schedule(name: str) -> Schedule:
    """The schedule of that name.

    Raises:
        ValueError: there is none.
    """
    return cast(Schedule, file_named(name, names(), __name__, "schedule"))


def own_values(name: str, settings: Settings) -> dict[str, Own]:
    """A value for each of the schedule's own parameters: its defaults, and over them the settings.

    Args:
        name: of the schedule.
        settings: pairs of a parameter's name and its value.

    Raises:
        ValueError: an unknown schedule, a parameter that it does not have, or a value that it does not allow.
    """
    chosen = schedule(name)
    values = dict(chosen.NUMBERS)
    for parameter, value in settings:
        if parameter not in values:
            known = ", ".join(values) or "no parameters"
            raise ValueError(f"`schedule_settings` names {parameter!r}, but {name} has {known}")
        values[parameter] = _read(name, parameter, value, row=isinstance(values[parameter], tuple))
    chosen.table(Length(1, 1), 1.0, 1.0, values)  # raises for a value out of bounds
    return values


def _read(name: str, parameter: str, value: float | str | bool | tuple[float, ...], *, row: bool) -> Own:
    """The value as a number, or as a row of numbers; raises a ValueError where it is none."""
    numbers = value if isinstance(value, tuple) else (value,)
    sound = all(not isinstance(number, bool | str) and math.isfinite(number) for number in numbers)
    if not sound or row != isinstance(value, tuple):
        wanted = "a row of finite numbers" if row else "a finite number"
        raise ValueError(f"`{parameter}` of the schedule {name} must be {wanted}, got {value!r}")
    found = tuple(float(number) for number in numbers)
    return found if row else found[0]
