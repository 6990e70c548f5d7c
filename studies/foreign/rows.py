"""One training measured elsewhere, as a row; and names that were probably meant to be a column's."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from studies.language.claim import Claim
from studies.language.context import Slug
from studies.language.door import STRICT
from studies.language.nearest import nearest
from studies.language.parameters import Axes
from studies.language.phases import COMPARED_PHASES, Phase
from studies.language.ranges import Alpha, Eta
from studies.language.validation import LOSS_NAME
from studies.records import Arm, Cause

SNAP = 0.01  # ln units: a point so near to the claim's is the claim's, written with fewer digits
SAME = 1e-9  # ln units: rounding in the last digits
ARM = r"^(claim|best|inside|outside|opposite|likeliest|rival|point|default|mate:[0-9.e+-]{1,24}|decoy:[0-9]{1,4})$"
ALIKE = 0.76  # share of two names' letters in common from which one is a slip of the other

State = Literal["COMPLETE", "FAIL", "PRUNED", "RUNNING", "WAITING"]
Index = Annotated[int, Field(ge=0, le=10_000)]


def _of_a_claim(phase: Phase) -> Phase:
    """Refuse the phases of a study that compares arms as no phases at all: its runs test no claim."""
    if phase in COMPARED_PHASES:
        raise PydanticCustomError("enum", "is no phase")
    return phase


class Measurement(BaseModel):
    """One training measured elsewhere."""

    model_config = STRICT

    eta: Eta
    alpha: Alpha
    value: float | None = Field(
        default=None, description="of the table's objective; may be missing where the run diverged"
    )
    loss: Annotated[str, Field(pattern=LOSS_NAME)] = "unnamed"
    context: Slug | None = None
    fold: Index | None = None
    repeat: Index | None = None
    diverged: bool = False
    cause: Cause | None = Field(
        default=None, description='why a run that is marked as diverged failed; none or "chance": not known'
    )
    state: State = Field(default="COMPLETE", description="the trial's state in Optuna; only complete rows count")
    phase: Annotated[Phase, AfterValidator(_of_a_claim)] | None = Field(
        default=None, description="the phase that the run belongs to; none: map"
    )
    arm: Annotated[str, Field(pattern=ARM)] | None = Field(default=None, description="the point's role in its phase")
    block: Annotated[int, Field(ge=0, le=10_000_000)] | None = Field(
        default=None, description="runs of one block are compared in pairs"
    )
    run: Index | None = Field(default=None, description="of several runs of one arm in one block")
    trial: Annotated[int, Field(ge=0, le=10_000_000)] | None = None
    n_test: Annotated[int, Field(ge=2, le=10_000_000)] | None = Field(default=None, description="test images")
    correct: Annotated[int, Field(ge=0, le=10_000_000)] | None = Field(default=None, description="of these")


class OwnMeasurement(Measurement):
    """A training at a point of two parameters that are not the paper's; `eta` and `alpha` are the first and second."""

    eta: Annotated[float, Field(allow_inf_nan=False)]
    alpha: Annotated[float, Field(allow_inf_nan=False)]


COLUMNS = tuple(Measurement.model_fields)
NEVER_MEANT = frozenset({"trial", "state", "cause"})  # too like other words to be taken for a slip


def at_claim(claim: Claim, row: Measurement) -> bool:
    """True where a row was measured at the claim's point; one that states no other arm may have lost digits."""
    room = SNAP if row.arm in (None, Arm.CLAIM) else SAME
    return distance(claim.axes, row, claim.first, claim.second) <= room


def distance(axes: Axes, row: Measurement, first: float, second: float) -> float:
    """From a row to a point, the larger of the two in coordinates."""
    pairs = zip(axes.both, (row.eta, row.alpha), (first, second), strict=True)
    ends = (parameter.ends(one, other) for parameter, one, other in pairs)
    return max(abs(one - other) for one, other in ends)


def meant(name: str, present: Collection[str]) -> str | None:
    """The column, of those not present, that an unknown name probably stands for; None where none is alike."""
    free = [column for column in COLUMNS if column not in present and column not in NEVER_MEANT]
    if "diverg" in name and "diverged" in free:
        return "diverged"
    return nearest(name, free, ALIKE)
