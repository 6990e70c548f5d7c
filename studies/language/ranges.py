"""The range policy: the values of eta and alpha that can be planned, fitted and judged; one rule for every document.

It holds at the door (`door`) for studies, claims and tables of trials alike. A box that honours it is wide enough for
grids of distinct nodes, for samplers and for a strip beside it, and no step of the arithmetic in v = ln eta,
u = -ln(1 - alpha) and eta / (1 - alpha) overflows, underflows or rounds two bounds to one.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo

from studies.language.door import at_the_door, refusal

LOWEST_ETA, HIGHEST_ETA = 1e-12, 100.0
HIGHEST_ALPHA = 1.0 - 1e-9
LEAST_RATIO = 1.01  # of the ends of a range, in eta or in 1 - alpha; of a claim's tolerance, too


def _eta(value: float, info: ValidationInfo) -> float:
    if at_the_door(info) and value < LOWEST_ETA:
        raise refusal(f"should be at least {LOWEST_ETA:g}, below which no learning rate can be planned")
    return value


def _alpha(value: float, info: ValidationInfo) -> float:
    if at_the_door(info) and value > HIGHEST_ALPHA:
        raise refusal(f"should be at most {HIGHEST_ALPHA}, 1e-9 below 1")
    return value


def _tolerance(value: float, info: ValidationInfo) -> float:
    if at_the_door(info) and value < LEAST_RATIO:
        raise refusal(f"should be at least {LEAST_RATIO}, or the neighbourhood holds no point but the claim's")
    return value


Eta = Annotated[
    float,
    Field(
        gt=0.0,
        le=HIGHEST_ETA,
        description="learning rate, the paper's eta",
        json_schema_extra={"minimum": LOWEST_ETA},
    ),
    AfterValidator(_eta),
]
Alpha = Annotated[
    float,
    Field(
        ge=0.0,
        lt=1.0,
        description="momentum weight, the paper's alpha",
        json_schema_extra={"maximum": HIGHEST_ALPHA},
    ),
    AfterValidator(_alpha),
]
ToleranceFactor = Annotated[
    float, Field(gt=1.0, le=10.0, json_schema_extra={"minimum": LEAST_RATIO}), AfterValidator(_tolerance)
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
