"""The search space: a box, log-uniform in eta and in 1 - alpha."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ValidationError, ValidationInfo, model_validator

from studies.language.door import DOOR, STRICT, at_the_door
from studies.language.ranges import Alpha, Eta, too_narrow

if TYPE_CHECKING:
    from studies.coordinates import FloatArray


class EtaRange(BaseModel):
    """Bounds of the learning rate, both included; sampled log-uniformly."""

    model_config = STRICT

    low: Eta = 10.0**-3.5
    high: Eta = 1.0

    @model_validator(mode="after")
    def _ordered(self, info: ValidationInfo) -> Self:
        if not self.low < self.high:
            raise ValueError(f"`low` must be below `high`, got {self.low} and {self.high}")
        if at_the_door(info) and (fault := too_narrow(self.high / self.low, "eta")):
            raise ValueError(fault)
        return self


class AlphaRange(BaseModel):
    """Bounds of the momentum weight, both included; sampled log-uniformly in 1 - alpha."""

    model_config = STRICT

    low: Alpha = 0.0
    high: Alpha = 0.99

    @model_validator(mode="after")
    def _ordered(self, info: ValidationInfo) -> Self:
        if not self.low < self.high:
            raise ValueError(f"`low` must be below `high`, got {self.low} and {self.high}")
        if at_the_door(info) and (fault := too_narrow((1.0 - self.low) / (1.0 - self.high), "1 - alpha")):
            raise ValueError(fault)
        return self


class SearchSpace(BaseModel):
    """The preregistered box; its defaults contain the golden point and all its ridge mates."""

    model_config = STRICT

    eta: EtaRange = EtaRange()
    alpha: AlphaRange = AlphaRange()

    @property
    def v_bounds(self) -> tuple[float, float]:
        """Bounds of v = ln eta."""
        return math.log(self.eta.low), math.log(self.eta.high)

    @property
    def u_bounds(self) -> tuple[float, float]:
        """Bounds of u = -ln(1 - alpha)."""
        return -math.log1p(-self.alpha.low), -math.log1p(-self.alpha.high)

    @property
    def is_plannable(self) -> bool:
        """True where the door would let this box in; release 0.1 let in others, too."""
        try:
            SearchSpace.model_validate(self.model_dump(), context=DOOR)
        except ValidationError:
            return False
        return True

    def joined(self, other: SearchSpace) -> SearchSpace:
        """The smallest box that holds both."""
        eta = EtaRange(low=min(self.eta.low, other.eta.low), high=max(self.eta.high, other.eta.high))
        alpha = AlphaRange(low=min(self.alpha.low, other.alpha.low), high=max(self.alpha.high, other.alpha.high))
        return SearchSpace(eta=eta, alpha=alpha)

    def from_unit(self, unit: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Points of the unit square stretched over the box in (v, u).

        Args:
            unit: shape (n, 2), in [0, 1].

        Returns:
            eta and alpha, each of shape (n,), inside the box.
        """
        from studies.coordinates import from_vu  # brings NumPy, which the command line does without

        (v_low, v_high), (u_low, u_high) = self.v_bounds, self.u_bounds
        eta, alpha = from_vu(v_low + unit[:, 0] * (v_high - v_low), u_low + unit[:, 1] * (u_high - u_low))
        return eta.clip(self.eta.low, self.eta.high), alpha.clip(self.alpha.low, self.alpha.high)

    def contains(self, eta: float, alpha: float) -> bool:
        """True where the point lies in the box, its edges included, with room for rounding in the last digits."""
        slack = 1e-9
        return (
            self.eta.low * (1 - slack) <= eta <= self.eta.high * (1 + slack)
            and self.alpha.low - slack <= alpha <= self.alpha.high + slack
        )
