"""The measure: what a trainer of the user's own reports of each run, where it is none of the built-in objectives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, model_validator

from studies.errors import Problem
from studies.language.door import STRICT
from studies.language.validation import MEASURE_NAME, InconsistentError

Kind = Literal["share", "positive", "real"]
Direction = Literal["maximize", "minimize"]
SHARE = "share"
LARGEST: dict[Kind, float] = {"share": 1.0, "positive": 1e300, "real": 1e30}  # magnitudes that sums and squares bear


def _schema(schema: dict[str, Any]) -> None:
    """What `Measure` refuses, as JSON Schema: a share says of how many cases, and nothing else does."""
    schema |= {
        "if": {"properties": {"kind": {"const": SHARE}}, "required": ["kind"]},
        "then": {"required": ["test_size"], "properties": {"test_size": {"type": "integer"}}},
        "else": {"properties": {"test_size": {"type": "null"}}},
    }


class Measure(BaseModel):
    """One number of a training, by which trainings are compared.

    kind       response, larger is better                             a diverged run
    share      logit of the share (of what is left, if minimised)     0 correct cases of `test_size`
    positive   ln of the value, negative if minimised                 an outcome without a value
    real       the value, negative if minimised, in a unit of the     an outcome without a value
               study's map
    """

    model_config = STRICT | {"json_schema_extra": _schema}

    name: Annotated[str, Field(pattern=MEASURE_NAME, description="as the trainer calls it, such as val_acc")]
    direction: Annotated[Direction, Field(description="which way is better")]
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
    def is_share(self) -> bool:
        """True for a share, whose differences read as percentage points."""
        return self.kind == SHARE

    @property
    def worst(self) -> float | None:
        """The worst value that it can take, which a broken training counts as; None where it has none."""
        if self.kind != SHARE:
            return None
        return 0.0 if self.maximised else 1.0

    def fault_of(self, value: float) -> str | None:
        """Why a number is no value of this measure, and the cure; None where it is one."""
        if self.kind == SHARE and not 0.0 <= value <= 1.0:
            return f"{self.name} is a share, which lies between 0 and 1, got {value:g}; divide percentages by 100"
        if self.kind == "positive" and value <= 0.0:
            return f"{self.name} is positive, got {value:g}; report a number above 0"
        if not abs(value) <= LARGEST[self.kind]:
            most = LARGEST[self.kind]
            return f"{self.name} is {value:g}, beyond {most:g}; rescale it, or report a run that broke as diverged"
        return None


def _faults(measure: Measure) -> Iterator[Problem]:
    if measure.kind == SHARE and measure.test_size is None:
        yield Problem("test_size", "is missing; a share needs the number of cases that it is a share of, such as 1000")
    if measure.kind != SHARE and measure.test_size is not None:
        yield Problem("test_size", f"is for shares only, and {measure.name} is {measure.kind}; remove it")
