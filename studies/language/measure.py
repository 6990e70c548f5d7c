"""A measure: what a trainer of the user's own reports of each training, and which way is better."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator

from studies.errors import Problem
from studies.language.door import STRICT
from studies.language.validation import MEASURE_NAME, InconsistentError

Kind = Literal["share", "positive", "real"]
SHARE = "share"


class Measure(BaseModel):
    """One number of a training, by which trainings are compared.

    A share lies between 0 and 1 and is counted on `test_size` cases; a positive measure is above 0, so that its
    logarithm is compared; a real one is compared as it is.
    """

    model_config = STRICT

    name: Annotated[str, Field(pattern=MEASURE_NAME, description="as the trainer calls it, such as val_acc")]
    direction: Annotated[Literal["maximize", "minimize"], Field(description="which way is better")]
    kind: Annotated[
        Kind, Field(description="share: of test cases, 0 to 1; positive: above 0, compared by ratios; real: any number")
    ]
    test_size: Annotated[int, Field(ge=2, le=10**9)] | None = Field(
        default=None,
        exclude_if=lambda size: size is None,
        description="how many cases it is a share of; required for a share, and only there",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if problems := list(_faults(self)):
            raise InconsistentError(problems)
        return self

    @property
    def maximised(self) -> bool:
        """True where larger is better."""
        return self.direction == "maximize"

    @property
    def worst(self) -> float | None:
        """The worst value that it can take, which a broken training counts as; None where it has none."""
        if self.kind != SHARE:
            return None
        return 0.0 if self.maximised else 1.0

    def fault_of(self, value: float) -> str | None:
        """Why a finite number is no value of this measure, and the cure; None where it is one."""
        if self.kind == SHARE and not 0.0 <= value <= 1.0:
            return f"{self.name} is a share, which lies between 0 and 1, got {value:g}; divide percentages by 100"
        if self.kind == "positive" and value <= 0.0:
            return f"{self.name} is positive, got {value:g}; report a number above 0"
        return None


def _faults(measure: Measure) -> Iterator[Problem]:
    if measure.kind == SHARE and measure.test_size is None:
        yield Problem("test_size", "is missing; a share needs the number of cases that it is a share of, such as 1000")
    if measure.kind != SHARE and measure.test_size is not None:
        yield Problem("test_size", f"is for shares only, and {measure.name} is {measure.kind}; remove it")
