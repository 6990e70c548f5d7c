"""The claim: where an optimum is said to lie, and what would count as near enough.

Frozen before the first trial and hashed (`spec.StudySpec.claim_hash`): no factor, level or objective can be chosen
after the fact. The unit of the margin, sigma, is not frozen: the study measures it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from studies import golden
from studies.language.door import Line
from studies.language.ranges import Alpha, Eta, FirstLook, Level, Margin, ToleranceFactor
from studies.language.validation import LOSS_NAME

STRICT = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

FOLKLORE = (0.01, 0.9)  # (eta, alpha): everyone's default
OBJECTIVES = ("accuracy", "error", "cross_entropy", "own_loss", "loss_area", "epochs_to_target")
Objective = Literal["accuracy", "error", "cross_entropy", "own_loss", "loss_area", "epochs_to_target"]


class Claim(BaseModel):
    """A point, a neighbourhood, a rule for the margin and an error level, all fixed before any data.

    The neighbourhood N is |ln(eta/eta*)| <= ln(tolerance_factor) and the same for (1-alpha)/(1-alpha*).
    The margin of practical equivalence is `margin_sigmas` times the within-block seed deviation sigma, which the study
    itself measures: pooled from the replicates at the claim's point and from what is left in the paired blocks once the
    means of blocks and arms are taken out, so that no difference between arms enters it. 0.954 sigma is where the
    better of two single runs is the better setting in 75 % of cases (Bouthillier et al. 2021).
    """

    model_config = STRICT

    title: Annotated[Line, Field(min_length=1, max_length=200)] = "the golden point of Jaeger (2020)"
    eta: Eta = golden.ETA
    alpha: Alpha = golden.ALPHA
    curve: Literal["eta=(1-alpha)^2", "none"] = "eta=(1-alpha)^2"
    tolerance_factor: ToleranceFactor = 2.0
    margin_sigmas: Margin = 0.954
    level: Level = 0.05
    first_look: FirstLook = 0.9
    objective: Objective = "accuracy"
    primary_loss: Annotated[str, Field(pattern=LOSS_NAME)] | None = Field(
        default="golden",
        description="the loss whose verdict is the study's; others are secondary, Holm-adjusted. null: all are equal",
    )


def exploratory(objective: str, claimed: str) -> str:
    """The caution for a verdict by another objective than the claim's; "" where it is the claim's own."""
    if objective == claimed:
        return ""
    shown, fixed = (name.replace("_", " ") for name in (objective, claimed))
    return (
        f"Exploratory: only {fixed} was fixed in advance. By {shown} the same runs show how much hangs on the measure; "
        "they confirm and refute nothing."
    )
