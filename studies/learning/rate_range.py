"""The learning-rate range test (reconstruction of Vasudevan's `lr_range`): which learning rates a training can use.

One training from one start: eta doubles every 50 steps from 1e-6 to 10, and after each 50 the information I between
predicted class and label is measured on images held back from the training part, as by `mi_decay`. Of the algorithm
itself no source gives more; the two bounds are read off so:

    lo  the first eta whose 50 steps raise I by tau H(label) above all that it was before, not above that of the largest
    hi  the last eta before I falls under 90 % of its largest value

This file has no tensors: the worker measures (`worker/training/range_walk.py`), here the bounds are read off.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

FIRST, LAST, STEPS = 1e-6, 10.0, 50
KEPT = 0.9  # of the largest information, under which a rate is too high
TAU, HELD = 0.01, 0.1  # as those of `mi_decay` where a context states no others
NAME = "lr_range (reconstruction)"  # as every page, table and file calls it


@dataclass(frozen=True, slots=True)
class Stage:
    """What 50 steps at one learning rate did.

    Attributes:
        eta: of these steps.
        information: after them, in nats; None where the training had diverged.
        loss: mean training loss of these steps; None where it was not finite.
    """

    eta: float
    information: float | None
    loss: float | None


@dataclass(frozen=True, slots=True)
class RateRange:
    """A range test: its stages, and the bounds that they show.

    Attributes:
        start: information before the first step, in nats.
        entropy: of the labels of the images measured on, in nats.
        tau: share of the entropy by which a rate must raise the information to be of use.
        images: measured on.
        stages: one for each learning rate, rising; a diverged one is the last.
    """

    start: float
    entropy: float
    tau: float
    images: int
    stages: tuple[Stage, ...]

    @property
    def lo(self) -> float | None:
        """The lowest learning rate of use; None where none raised the information by as much."""
        before = self.start
        for stage in self.stages[: self._peak + 1]:
            if stage.information is None:
                break
            if stage.information - before >= self.tau * self.entropy > 0.0:
                return stage.eta
            before = max(before, stage.information)
        return None

    @property
    def hi(self) -> float | None:
        """The highest learning rate of use; None where no rate taught the network anything."""
        peak = self._peak
        if peak < 0:
            return None
        largest, found = self.stages[peak].information or 0.0, self.stages[peak].eta
        for stage in self.stages[peak + 1 :]:
            if stage.information is None or stage.information < KEPT * largest:
                break
            found = stage.eta
        return found

    @property
    def is_open(self) -> bool:
        """True where the information never fell: the highest rate that was tried is still of use."""
        return bool(self.stages) and self.hi == self.stages[-1].eta and self.stages[-1].information is not None

    @property
    def _peak(self) -> int:
        """Number of the first stage with the most information; -1 where none has more than the start."""
        known = [(stage.information or 0.0, -number) for number, stage in enumerate(self.stages)]
        most, number = max(known, default=(0.0, 0))
        return -number if most > self.start else -1

    @property
    def summary(self) -> str:
        """What the test shows, in a sentence."""
        if self.hi is None:
            return (
                f"{NAME}: no learning rate from {FIRST:g} to {LAST:g} raised the information above that of the start."
            )
        low = f"no rate raised the information by {self.tau:g} H(label) within {STEPS} steps"
        if self.lo is not None:
            low = f"lo = {self.lo:.3g}"
        high = f"hi = {self.hi:.3g}" + (", the highest rate tried" if self.is_open else "")
        return f"{NAME}: {low}; {high}."

    def to_json(self) -> dict[str, Any]:
        """As plain values, with the bounds."""
        return {"method": NAME, "lo": self.lo, "hi": self.hi, "hi_is_open": self.is_open, **asdict(self)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> RateRange:
        """From what a worker or `to_json` wrote.

        Raises:
            KeyError, TypeError: it is no range test.
        """
        stages = tuple(Stage(stage["eta"], stage["information"], stage["loss"]) for stage in values["stages"])
        return cls(values["start"], values["entropy"], values["tau"], values["images"], stages)

    def to_csv(self) -> str:
        """A row for each learning rate."""
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(["method", "eta", "steps", "information_nats", "share_of_entropy", "training_loss"])
        for stage in self.stages:
            share = None if stage.information is None or not self.entropy else stage.information / self.entropy
            rows.writerow([NAME, stage.eta, STEPS, stage.information, share, stage.loss])
        return text.getvalue()


def rates(first: float = FIRST, last: float = LAST) -> Sequence[float]:
    """The learning rates of a test, each twice the one before, none above the last."""
    found = [first]
    while 2.0 * found[-1] <= last:
        found.append(2.0 * found[-1])
    return found
