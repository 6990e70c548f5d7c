"""The claim: where an optimum is said to lie, and what would count as near enough.

Frozen before the first trial and hashed (`spec.StudySpec.claim_hash`): no factor, level or objective can be chosen
after the fact. The unit of a margin by sigmas is not frozen: the study measures it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, PrivateAttr, model_validator

from studies import golden
from studies.errors import Problem
from studies.language.door import STRICT, Line
from studies.language.measure import Measure
from studies.language.objective_names import SHARES
from studies.language.parameters import LINEAR_SPAN, PAPER, Axes, Parameter, same_value
from studies.language.point import ByName, Placed, not_null, point_faults, point_schema
from studies.language.ranges import (
    MOST_FLOOR,
    Alpha,
    Eta,
    FirstLook,
    Floor,
    Level,
    Margin,
    Points,
    Share,
    ToleranceFactor,
)
from studies.language.validation import LOSS_NAME, InconsistentError
from studies.language.versions import FOLKLORE, NEWEST, OTHER_MARGINS, with_margin

__all__ = ["FOLKLORE", "OBJECTIVES", "SIGMAS", "STRICT", "Claim", "Decoy", "Objective", "exploratory"]

NAMED = re.compile(r"\S+ = ")  # how a title begins that names a parameter
OBJECTIVES = ("accuracy", "error", "cross_entropy", "own_loss", "loss_area", "epochs_to_target")
MEASURE: Literal["measure"] = "measure"  # the objective of a study that states a measure of its own
Objective = Literal["accuracy", "error", "cross_entropy", "own_loss", "loss_area", "epochs_to_target"]
ClaimObjective = Literal["accuracy", "error", "cross_entropy", "own_loss", "loss_area", "epochs_to_target", "measure"]
TOLERANCE, SIGMAS, LEVEL, FIRST_LOOK = 2.0, 0.954, 0.05, 0.9  # the usual terms


class Decoy(Placed):
    """Another point, judged by the claim's own terms on the same trials."""


class Claim(BaseModel):
    """A point, a neighbourhood, a rule for the margin and an error level, all fixed before any data.

    The point is `eta` and `alpha`, or `at`, by the names of the study's own parameters. The neighbourhood N is
    |ln(eta/eta*)| <= ln(tolerance_factor) and the same for (1-alpha)/(1-alpha*); for any two parameters it is a
    rectangle in their coordinates, whose half-widths `half_widths` alone knows.
    The margin of practical equivalence is stated in one of three ways: `margin_sigmas` times the seed deviation sigma
    of a single run, which the study itself measures, but no less than `margin_floor`; `margin_points`, percentage
    points of accuracy; or `margin_error_share`, a share of the error. 0.954 sigma is where the better of two single
    runs is the better setting in 75 % of cases (Bouthillier et al. 2021). `decoys` are other points that the same
    terms are tried on. Documents of versions 1 and 2 have `margin_sigmas` alone, without a floor, and no decoys.
    """

    model_config = STRICT | {"json_schema_extra": point_schema}

    title: Annotated[Line, Field(min_length=1, max_length=200)] = "the golden point of Jaeger (2020)"
    eta: Eta | None = Field(default=golden.ETA, exclude_if=lambda eta: eta is None, json_schema_extra=not_null)
    alpha: Alpha | None = Field(
        default=golden.ALPHA, exclude_if=lambda alpha: alpha is None, json_schema_extra=not_null
    )
    at: ByName | None = Field(
        default=None, exclude_if=lambda at: at is None, description="the claimed point, by the parameters' names"
    )
    curve: Literal["eta=(1-alpha)^2", "none"] = "eta=(1-alpha)^2"
    tolerance_factor: ToleranceFactor = TOLERANCE
    tolerance: ByName | None = Field(
        default=None,
        exclude_if=lambda tolerance: tolerance is None,
        description="by a parameter's name: its half-width in its own unit (linear), or a factor of its own",
    )
    margin_sigmas: Margin | None = Field(
        default=SIGMAS, description="margin in deviations of a single run; null where another margin is named"
    )
    margin_points: Points | None = Field(default=None, exclude_if=lambda margin: margin is None)
    margin_error_share: Share | None = Field(default=None, exclude_if=lambda margin: margin is None)
    margin_floor: Floor | None = Field(default=NEWEST.margin_floor, exclude_if=lambda floor: floor is None)
    level: Level = LEVEL
    first_look: FirstLook = FIRST_LOOK
    objective: ClaimObjective = "accuracy"
    primary_loss: Annotated[str, Field(pattern=LOSS_NAME)] | None = Field(
        default="golden",
        description="the loss whose verdict is the study's; others are secondary, Holm-adjusted. null: all are equal",
    )
    decoys: Annotated[list[Decoy], Field(max_length=8)] = Field(
        default=[],
        exclude_if=lambda decoys: not decoys,
        description="other points that get the same statements from the same trials",
    )

    _axes: Axes = PrivateAttr(default=PAPER)
    _measure: Measure | None = PrivateAttr(default=None)

    @model_validator(mode="before")
    @classmethod
    def _margin(cls, data: Any) -> Any:
        """Let another margin take the place of that by sigmas, and `at` the place of the golden point."""
        if not isinstance(data, Mapping):
            return data
        elsewhere = {"eta": None, "alpha": None} if data.get("at") is not None else {}
        return with_margin({**elsewhere, **data})

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        by_name = self.at is not None or any(decoy.at is not None for decoy in self.decoys)
        problems = [*_margin_faults(self), *point_faults(self)]
        problems += [] if by_name or problems else decoy_faults(self)
        if problems:
            raise InconsistentError(problems)
        return self

    def bound(self, axes: Axes, measure: Measure | None) -> Claim:
        """The claim as one on a study's parameters, judged by its measure; those of a claim alone are the paper's."""
        found = self.model_copy()
        found._axes, found._measure = axes, measure
        return found

    @property
    def axes(self) -> Axes:
        """The two parameters that the claim is about."""
        return self._axes

    @property
    def measure(self) -> Measure | None:
        """The measure that the objective `measure` stands for."""
        return self._measure

    @property
    def first(self) -> float:
        """The claimed value of the first parameter."""
        return self._value(0)

    @property
    def second(self) -> float:
        """The claimed value of the second parameter."""
        return self._value(1)

    @property
    def heading(self) -> str:
        """The title as a sentence begins with it; a parameter's name is spelt as it is."""
        begins = NAMED.match(self.title) or any(self.title.startswith(name) for name in self._axes.names)
        return self.title if begins else self.title[:1].upper() + self.title[1:]

    @property
    def half_widths(self) -> tuple[float, float]:
        """Half-widths of the neighbourhood N in the two coordinates."""
        given = self.tolerance or {}
        first, second = (p.half_width(given.get(p.name, self.tolerance_factor)) for p in self._axes.both)
        return first, second

    @property
    def reach(self) -> float:
        """Distance of N's border: ln(tolerance_factor) where one factor says what is near, else ln 2, one tolerance."""
        return math.log(self.tolerance_factor if self.is_even else TOLERANCE)

    @property
    def is_even(self) -> bool:
        """True where one factor says what is near in both parameters."""
        return not self.tolerance and all(parameter.is_logarithmic for parameter in self._axes.both)

    def moved(self, first: float, second: float) -> Claim:
        """A claim of the same terms at another point."""
        place = {"eta": first, "alpha": second} if self.at is None else {"at": self._axes.named(first, second)}
        return self.model_copy(update=place)

    def spread(self, factor: float) -> Claim:
        """The claim with another tolerance: a factor both ways; half-widths stated otherwise grow in proportion."""
        if self.is_even:
            return self.model_copy(update={"tolerance_factor": factor})
        ratio = math.log(factor) / math.log(TOLERANCE)
        wider = {p.name: _widened(p, half, ratio) for p, half in zip(self._axes.both, self.half_widths, strict=True)}
        return self.model_copy(update={"tolerance": wider})

    def spread_words(self, factor: float) -> str:
        """How many tolerances `spread(factor)` has, where no one factor says what is near: "0.5"."""
        return f"{math.log(factor) / math.log(TOLERANCE):.2g}"

    def mate(self, second: float) -> float:
        """The first parameter's value with which `second` has the claim's effective rate: its ridge mate.

        Raises:
            ValueError: `second` lies outside [0, 1).
        """
        return golden.ridge_mate(second, self.first, self.second)

    def lies_at(self, first: float, second: float) -> bool:
        """True where this is the claim's point, up to the last digits of a decimal written by hand."""
        return same_value(self.first, first) and same_value(self.second, second)

    def _value(self, which: int) -> float:
        name = self._axes.names[which]
        found = self.at.get(name) if self.at is not None else getattr(self, ("eta", "alpha")[which])
        if found is None:
            raise ValueError(f"the claim names no {name}")
        return float(found)

    @property
    def margin_words(self) -> str:
        """The margin of practical equivalence in words."""
        if self.margin_points is not None:
            return f"{self.margin_points:g} percentage points"
        if self.margin_error_share is not None:
            return f"{100 * self.margin_error_share:g} % of the error"
        floor = f", at least {self.margin_floor:g}" if self.margin_floor else ""
        return f"{self.margin_sigmas:.3g} σ (the deviation of a single run within its block){floor}"


def _margin_faults(claim: Claim) -> Iterator[Problem]:
    """Margins that contradict each other, or none at all."""
    named = {name: getattr(claim, name) for name in ("margin_sigmas", *OTHER_MARGINS)}
    given = [name for name, value in named.items() if value is not None]
    if len(given) > 1:
        yield Problem(given[-1], f"is set beside {' and '.join(given[:-1])}; name one margin, null for the others")
    if not given:
        yield Problem("margin_sigmas", f"is null; set it to a number such as {SIGMAS}, or name another margin")
    if given and claim.margin_sigmas is None and claim.margin_floor is not None:
        yield Problem(
            "margin_floor",
            "is the least of a margin by `margin_sigmas`, which is not set; remove it, or set it to null",
        )
    if claim.objective != MEASURE and (text := floor_fault(claim.margin_floor)):
        yield Problem("margin_floor", text)
    if claim.margin_points is not None and claim.objective not in (*SHARES, MEASURE):
        text = f"is in points of accuracy, and the objective is {claim.objective}; name another margin"
        yield Problem("margin_points", text)


def floor_fault(floor: float | None) -> str | None:
    """Why a least margin is none in logarithms, and the cure; None where it is one, or none is stated."""
    if floor is None or floor <= MOST_FLOOR:
        return None
    return f"is {floor:g}, and the margin is a difference of logarithms; lower it to {MOST_FLOOR:g} at most"


def decoy_faults(claim: Claim) -> Iterator[Problem]:
    """Decoys at the claim's own point, or named twice; of a claim whose parameters are known."""
    places = [decoy.place(claim.axes) for decoy in claim.decoys]
    for i, at in enumerate(places):
        if claim.lies_at(*at):
            yield Problem(f"decoys.{i}", "is the claim's own point; remove it")
        earlier = [j for j, other in enumerate(places[:i]) if all(map(same_value, at, other))]
        if earlier:
            yield Problem(f"decoys.{i}", f"is the point of decoys.{earlier[0]}; remove one")


def shows_points(objective: str, measure: Measure | None) -> bool:
    """True where differences in an objective read as percentage points, as those of shares do."""
    return objective in SHARES or (objective == MEASURE and measure is not None and measure.is_share)


def _widened(parameter: Parameter, half: float, ratio: float) -> float:
    """A tolerance as a document states it, from a half-width that grows by a ratio."""
    if parameter.is_logarithmic:
        return math.exp(half * ratio)
    return half * ratio * (parameter.high - parameter.low) / LINEAR_SPAN


def exploratory(objective: str, claimed: str) -> str:
    """The caution for a verdict by another objective than the claim's; "" where it is the claim's own."""
    if objective == claimed:
        return ""
    shown, fixed = (name.replace("_", " ") for name in (objective, claimed))
    return (
        f"Exploratory: only {fixed} was fixed in advance. By {shown} the same runs show how much hangs on the measure; "
        "they confirm and refute nothing."
    )
