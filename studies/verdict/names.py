"""What a verdict's own record says of its parameters and its measure, for readers that have no document at hand."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from studies.language.claim import Claim
from studies.language.measure import Measure
from studies.language.objective_names import Judged
from studies.language.parameters import PAPER, Axes, same_value
from studies.verdict.model import ParameterPlace, SweepVerdict


@dataclass(frozen=True, slots=True)
class Named:
    """The two parameters as sentences name them."""

    names: tuple[str, str]
    symbols: tuple[str, str]
    scales: tuple[str, str]
    ridge: bool
    is_even: bool  # one factor says what is near

    @staticmethod
    def of(claim: Claim) -> Named:
        """The parameters of a claim."""
        return Named.on(claim.axes, is_even=claim.is_even)

    @staticmethod
    def on(axes: Axes, *, is_even: bool = True) -> Named:
        """These parameters."""
        return Named(axes.names, axes.symbols, (axes.first.scale, axes.second.scale), axes.ridge, is_even)


OF_PAPER = Named.on(PAPER)


def named_by(verdict: SweepVerdict) -> Named:
    """The parameters of a verdict: eta and alpha unless its record says otherwise."""
    if len(verdict.parameters) != 2:
        return OF_PAPER
    first, second = verdict.parameters
    names = first.name, second.name
    ridge = verdict.effective_rate.estimate is not None
    factors = [_factor(place) for place in verdict.parameters]
    even = factors[0] is not None and factors[1] is not None and same_value(factors[0], factors[1])
    return Named(names, names, (first.scale, second.scale), ridge, even)


def judged_by(verdict: SweepVerdict) -> Judged:
    """The objective of a verdict, or its measure, whose rules held at the door: a record is not refused again."""
    return verdict.objective if verdict.measure is None else Measure.model_construct(**asdict(verdict.measure))


def _factor(place: ParameterPlace) -> float | None:
    """The factor within which the neighbourhood lies along a parameter; None on a linear scale."""
    if place.scale == "log":
        return place.near_high / place.claim
    if place.scale == "log_one_minus" and not math.isclose(place.near_high, 1.0, abs_tol=1e-15):
        return (1.0 - place.claim) / (1.0 - place.near_high)
    return None
