"""The two parameters as figures and tables show them: symbols, titles, numbers, ticks and drawn positions.

The second parameter runs along the horizontal axis, drawn by its coordinate and labelled in its own values. The first
runs along the vertical one: on a logarithmic axis by its values where its scale is that, else by its coordinate, too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from studies.figures.numbers import NONE, momentum, number
from studies.figures.scales import ALPHA_TICKS, FEW_ALPHA_TICKS, Ticks, eta_ticks, even_step
from studies.language.parameters import Axes, Parameter

if TYPE_CHECKING:
    from studies.language.claim import Claim
    from studies.verdict.model import Interval

MOST_TICKS, FEW_TICKS = 12, 5  # of an axis, and of a narrow one
CLOSE_TO_ONE = (0.9999, 0.99999, 0.999999)  # ticks beyond those of a momentum weight
NICE = (1.0, 2.0, 5.0, 10.0)  # leading digits of the steps of a linear axis
SHARED = {"η": "learning rate η", "α": "momentum weight α"}  # titles of the paper's pair


@dataclass(frozen=True, slots=True)
class Shown:
    """One parameter as it is shown."""

    parameter: Parameter
    symbol: str  # in sentences and tables: "η", or the name

    @property
    def title(self) -> str:
        """Of an axis or a row."""
        return SHARED.get(self.symbol, self.symbol)

    @property
    def on(self) -> str:
        """The title of an axis that is drawn by the coordinate, with the scale that it has."""
        scale = self.parameter.scale
        if scale == "log":
            return f"{self.title}, logarithmic"
        return f"{self.title}, on −ln(1−{self.symbol})" if scale == "log_one_minus" else self.title

    @property
    def ratio(self) -> str:
        """What a ratio of two values is the ratio of, on a logarithmic scale."""
        return f"1/(1−{self.symbol})" if self.parameter.scale == "log_one_minus" else self.symbol

    @property
    def ratio_of(self) -> str:
        """What a tolerance is stated in: "1−α" on the scale of one minus, where it is a factor of that."""
        return f"1−{self.symbol}" if self.parameter.scale == "log_one_minus" else self.symbol

    def claimed(self, value: float) -> str:
        """A claimed value, with a digit more than an estimate has."""
        return f"{value:.4f}" if self.parameter.scale == "log_one_minus" else self.text(value, 4)

    def text(self, value: float | None, digits: int = 3) -> str:
        """A value with the digits that matter on its scale."""
        return momentum(value) if self.parameter.scale == "log_one_minus" else number(value, digits)

    def span(self, interval: Interval, digits: int = 3) -> str:
        """The bounds of an interval."""
        if interval.low is None or interval.high is None:
            return NONE
        return f"{self.text(interval.low, digits)} to {self.text(interval.high, digits)}"

    def ticks(self, low: float, high: float, *, few: bool = False) -> Ticks:
        """Ticks between two values, at coordinates."""
        values, texts = self._ticks(low, high, few=few)
        return Ticks(tuple(float(self.parameter.coordinate(value)) for value in values), texts)

    def vertical_ticks(self, low: float, high: float, *, few: bool = False) -> Ticks:
        """The same at the positions of `drawn`."""
        values, texts = self._ticks(low, high, few=few)
        return Ticks(tuple(self.drawn(value) for value in values), texts)

    def drawn(self, value: float) -> float:
        """A value's position on the vertical axis."""
        return float(self.heights(value))

    def heights(self, values: ArrayLike) -> NDArray[np.float64]:
        """Positions of values on the vertical axis, any shape."""
        return np.asarray(values if self.is_logarithmic else self.parameter.coordinate(values), dtype=np.float64)

    @property
    def is_logarithmic(self) -> bool:
        """True where the vertical axis is logarithmic."""
        return self.parameter.scale == "log"

    def _ticks(self, low: float, high: float, *, few: bool) -> tuple[Sequence[float], tuple[str, ...]]:
        if self.parameter.scale == "log":
            found = _log_ticks(low, high, few=few)
            return found.at, found.text
        if self.parameter.scale == "log_one_minus":
            own = FEW_ALPHA_TICKS if few else ALPHA_TICKS
            known = own if self.symbol == "α" else (*own, *CLOSE_TO_ONE)
            inside = [value for value in known if low <= value <= high]
            return inside, tuple(f"{value:g}" for value in inside)
        values = _even(low, high, FEW_TICKS if few else MOST_TICKS)
        return values, tuple(f"{value:g}" for value in values)


def shown(axes: Axes) -> tuple[Shown, Shown]:
    """The two parameters of a study as they are shown."""
    first, second = (Shown(p, symbol) for p, symbol in zip(axes.both, axes.symbols, strict=True))
    return first, second


def rate_symbol(axes: Axes) -> str:
    """What is constant along the ridge: "η/(1−α)"."""
    return "{}/(1−{})".format(*axes.symbols)


def near_words(claim: Claim) -> tuple[str, str]:
    """How near is near in each parameter: "a factor 2.0", "1.00"."""
    given = claim.tolerance or {}
    first, second = (
        f"a factor {number(given.get(p.name, claim.tolerance_factor), 2)}"
        if p.is_logarithmic
        else number(given.get(p.name), 3)
        for p in claim.axes.both
    )
    return first, second


def point_text(axes: Axes, first: float | None, second: float | None) -> str:
    """A point: "η 0.0159, α 0.874"."""
    one, other = shown(axes)
    return f"{one.symbol} {one.text(first)}, {other.symbol} {other.text(second)}"


def _log_ticks(low: float, high: float, *, few: bool) -> Ticks:
    """Ticks of a logarithmic axis: as for a learning rate, or decades where the range goes beyond one."""
    found = eta_ticks(low, high, few=few)
    if low >= 1e-7 and high <= 300.0 and len(found.at) <= 2 * MOST_TICKS:
        return found
    decades = range(math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9) + 1)
    step = even_step(len(decades), FEW_TICKS if few else MOST_TICKS)
    return Ticks(tuple(10.0**e for e in decades[::step]), tuple(f"{10.0**e:g}" for e in decades[::step]))


def _even(low: float, high: float, most: int) -> list[float]:
    """Round values at even steps from low to high, at most so many."""
    raw = (high - low) / max(most - 1, 1)
    size = 10.0 ** math.floor(math.log10(raw))
    step = size * next(nice for nice in NICE if nice * size >= raw * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{i * step:.12g}") for i in range(first, last + 1)]
