"""The claim: where an optimum is said to lie, and what would count as near enough.

Frozen before the first trial and hashed (`spec.StudySpec.claim_hash`): no factor, level or objective can be chosen
after the fact. The unit of a margin by sigmas is not frozen: the study measures it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, model_validator

from studies import golden
from studies.errors import Problem
from studies.language.door import STRICT, Line
from studies.language.objective_names import SHARES
from studies.language.ranges import Alpha, Eta, FirstLook, Floor, Level, Margin, Points, Share, ToleranceFactor
from studies.language.validation import LOSS_NAME, InconsistentError
from studies.language.versions import FOLKLORE, NEWEST, OTHER_MARGINS, same_number, with_margin

__all__ = ["FOLKLORE", "OBJECTIVES", "SIGMAS", "STRICT", "Claim", "Decoy", "Objective", "exploratory"]

OBJECTIVES = ("accuracy", "error", "cross_entropy", "own_loss", "loss_area", "epochs_to_target")
Objective = Literal["accuracy", "error", "cross_entropy", "own_loss", "loss_area", "epochs_to_target"]
TOLERANCE, SIGMAS, LEVEL, FIRST_LOOK = 2.0, 0.954, 0.05, 0.9  # the usual terms


class Decoy(BaseModel):
    """Another point, judged by the claim's own terms on the same trials."""

    model_config = STRICT

    eta: Eta
    alpha: Alpha


class Claim(BaseModel):
    """A point, a neighbourhood, a rule for the margin and an error level, all fixed before any data.

    The neighbourhood N is |ln(eta/eta*)| <= ln(tolerance_factor) and the same for (1-alpha)/(1-alpha*).
    The margin of practical equivalence is stated in one of three ways: `margin_sigmas` times the seed deviation sigma
    of a single run, which the study itself measures, but no less than `margin_floor`; `margin_points`, percentage
    points of accuracy; or `margin_error_share`, a share of the error. 0.954 sigma is where the better of two single
    runs is the better setting in 75 % of cases (Bouthillier et al. 2021). `decoys` are other points that the same
    terms are tried on. Documents of versions 1 and 2 have `margin_sigmas` alone, without a floor, and no decoys.
    """

    model_config = STRICT

    title: Annotated[Line, Field(min_length=1, max_length=200)] = "the golden point of Jaeger (2020)"
    eta: Eta = golden.ETA
    alpha: Alpha = golden.ALPHA
    curve: Literal["eta=(1-alpha)^2", "none"] = "eta=(1-alpha)^2"
    tolerance_factor: ToleranceFactor = TOLERANCE
    margin_sigmas: Margin | None = Field(
        default=SIGMAS, description="margin in deviations of a single run; null where another margin is named"
    )
    margin_points: Points | None = Field(default=None, exclude_if=lambda margin: margin is None)
    margin_error_share: Share | None = Field(default=None, exclude_if=lambda margin: margin is None)
    margin_floor: Floor | None = Field(default=NEWEST.margin_floor, exclude_if=lambda floor: floor is None)
    level: Level = LEVEL
    first_look: FirstLook = FIRST_LOOK
    objective: Objective = "accuracy"
    primary_loss: Annotated[str, Field(pattern=LOSS_NAME)] | None = Field(
        default="golden",
        description="the loss whose verdict is the study's; others are secondary, Holm-adjusted. null: all are equal",
    )
    decoys: Annotated[list[Decoy], Field(max_length=8)] = Field(
        default=[],
        exclude_if=lambda decoys: not decoys,
        description="other points that get the same statements from the same trials",
    )

    @model_validator(mode="before")
    @classmethod
    def _margin(cls, data: Any) -> Any:
        """Let a margin in points or as a share take the place of the margin by sigmas."""
        return with_margin(data) if isinstance(data, Mapping) else data

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = [*_margin_faults(self), *_decoy_faults(self)]
        if problems:
            raise InconsistentError(problems)
        return self

    def mate(self, alpha: float) -> float:
        """Learning rate with which `alpha` has the claim's effective rate: its ridge mate.

        Raises:
            ValueError: alpha lies outside [0, 1).
        """
        return golden.ridge_mate(alpha, self.eta, self.alpha)

    def lies_at(self, eta: float, alpha: float) -> bool:
        """True where this is the claim's point, up to the last digits of a decimal written by hand."""
        return _same_point((self.eta, self.alpha), (eta, alpha))

    @property
    def margin_words(self) -> str:
        """The margin of practical equivalence in words."""
        if self.margin_points is not None:
            return f"{self.margin_points:g} percentage points"
        if self.margin_error_share is not None:
            return f"{100 * self.margin_error_share:g} % of the error"
        floor = f", at least {self.margin_floor:g}" if self.margin_floor else ""
        return f"{self.margin_sigmas:.3g} σ of the seeds{floor}"


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
    if claim.margin_points is not None and claim.objective not in SHARES:
        text = f"is in points of accuracy, and the objective is {claim.objective}; name another margin"
        yield Problem("margin_points", text)


def _decoy_faults(claim: Claim) -> Iterator[Problem]:
    """Decoys at the claim's own point, or named twice."""
    for i, decoy in enumerate(claim.decoys):
        at = (decoy.eta, decoy.alpha)
        if claim.lies_at(*at):
            yield Problem(f"decoys.{i}", "is the claim's own point; remove it")
        earlier = [j for j, other in enumerate(claim.decoys[:i]) if _same_point(at, (other.eta, other.alpha))]
        if earlier:
            yield Problem(f"decoys.{i}", f"is the point of decoys.{earlier[0]}; remove one")


def _same_point(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return all(same_number(a, b) for a, b in zip(one, other, strict=True))


def exploratory(objective: str, claimed: str) -> str:
    """The caution for a verdict by another objective than the claim's; "" where it is the claim's own."""
    if objective == claimed:
        return ""
    shown, fixed = (name.replace("_", " ") for name in (objective, claimed))
    return (
        f"Exploratory: only {fixed} was fixed in advance. By {shown} the same runs show how much hangs on the measure; "
        "they confirm and refute nothing."
    )
