"""The range policy: the values of eta and alpha that can be planned, fitted and judged; one rule for every document.

It holds at the door (`door`) for studies, claims and tables of trials alike. A box that honours it is wide enough for
grids of distinct nodes, for samplers and for a strip beside it, and no step of the arithmetic in v = ln eta,
u = -ln(1 - alpha) and eta / (1 - alpha) overflows, underflows or rounds two bounds to one.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo

from studies.language.door import at_the_door, refusal

LOWEST_ETA, HIGHEST_ETA = 1e-12, 100.0
HIGHEST_ALPHA = 1.0 - 1e-9
LEAST_RATIO = 1.01  # of the ends of a range, in eta or in 1 - alpha; of a claim's tolerance, too


MOST_FLOOR = 10.0  # of a margin in logarithms
LEAST_LEVEL, LEAST_FIRST_LOOK, LEAST_MARGIN = 1e-6, 1e-3, 1e-3  # of a claim: smaller ones ask for runs without end


def _at_least(least: float) -> tuple[Any, AfterValidator]:
    """A lower limit of a number at the door: what JSON Schema says, and the check."""

    def check(value: float, info: ValidationInfo) -> float:
        if at_the_door(info) and value < least:
            raise refusal(f"should be at least {least:g}")
        return value

    return Field(json_schema_extra={"minimum": least}), AfterValidator(check)


def _at_most(most: float) -> tuple[Any, AfterValidator]:
    """An upper limit of a number at the door, as `_at_least`."""

    def check(value: float, info: ValidationInfo) -> float:
        if at_the_door(info) and value > most:
            raise refusal(f"should be at most {most}")
        return value

    return Field(json_schema_extra={"maximum": most}), AfterValidator(check)


Eta = Annotated[
    float, Field(gt=0.0, le=HIGHEST_ETA, description="learning rate, the paper's eta"), *_at_least(LOWEST_ETA)
]
Alpha = Annotated[
    float, Field(ge=0.0, lt=1.0, description="momentum weight, the paper's alpha"), *_at_most(HIGHEST_ALPHA)
]
ToleranceFactor = Annotated[float, Field(gt=1.0, le=10.0), *_at_least(LEAST_RATIO)]
Margin = Annotated[float, Field(gt=0.0, le=10.0), *_at_least(LEAST_MARGIN)]
Floor = Annotated[
    float,
    Field(
        ge=0.0,
        le=1e30,
        description="least margin that `margin_sigmas` may give: of a real measure in the measure's own unit, else in "
        "units of the logarithmic response, at most 10",
    ),
]
Points = Annotated[
    float,
    Field(gt=0.0, le=50.0, description="margin in percentage points of accuracy, in place of `margin_sigmas`"),
    *_at_least(LEAST_MARGIN),
]
Share = Annotated[
    float,
    Field(gt=0.0, lt=1.0, description="margin as a share of the error, in place of `margin_sigmas`"),
    *_at_least(LEAST_MARGIN),
]
Level = Annotated[float, Field(gt=0.0, lt=0.5), *_at_least(LEAST_LEVEL)]
FirstLook = Annotated[
    float,
    Field(gt=0.0, le=1.0, description="share of `level` that the first verdict uses; later looks share the rest"),
    *_at_least(LEAST_FIRST_LOOK),
]


def too_narrow(ratio: float, quantity: str) -> str | None:
    """The fault of a range at the door whose ends have this ratio; None where it is wide enough.

    Args:
        ratio: of the larger to the smaller end.
        quantity: in which the ratio is taken, as a document names it.
    """
    if ratio >= LEAST_RATIO:
        return None
    return f"`low` and `high` must differ by a factor of {LEAST_RATIO} or more in {quantity}; widen the range"
