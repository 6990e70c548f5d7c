"""The measure: what a trainer of the user's own reports of each run, where it is none of the built-in objectives."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, model_validator

from studies.errors import Problem
from studies.language.door import STRICT
from studies.language.validation import PARAMETER_NAME, InconsistentError

__all__ = ["Direction", "Kind", "Measure"]

Kind = Literal["share", "positive", "real"]
Direction = Literal["maximize", "minimize"]


def _schema(schema: dict[str, Any]) -> None:
    """What `Measure` refuses, as JSON Schema: a share says of how many cases, and nothing else does."""
    share = {"properties": {"kind": {"const": "share"}}, "required": ["kind"]}
    schema |= {
        "if": share,
        "then": {"required": ["test_size"], "properties": {"test_size": {"type": "integer"}}},
        "else": {"properties": {"test_size": {"type": "null"}}},
    }


class Measure(BaseModel):
    """A number that each run gives, by which its point is judged.

    kind       response, larger is better                             a diverged run
    share      logit of the share (of what is left, if minimised)     0 correct cases of `test_size`
    positive   ln of the value, negative if minimised                 an outcome without a value
    real       the value, negative if minimised                       an outcome without a value
    """

    model_config = STRICT | {"json_schema_extra": _schema}

    name: Annotated[str, Field(pattern=PARAMETER_NAME, description="as tables and sentences name it")]
    direction: Direction
    kind: Annotated[
        Kind, Field(description="share: in [0, 1], of `test_size` cases; positive: above 0, compared by ratios; real")
    ]
    test_size: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = Field(
        default=None,
        exclude_if=lambda size: size is None,
        description="how many cases a share is a share of; required there",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.kind == "share" and self.test_size is None:
            text = "is missing; a share needs the number of cases that it is a share of"
            raise InconsistentError([Problem("test_size", text)])
        if self.kind != "share" and self.test_size is not None:
            text = f"is for a share only, and the kind is {self.kind}; remove it"
            raise InconsistentError([Problem("test_size", text)])
        return self

    @property
    def maximises(self) -> bool:
        """True where larger values are better."""
        return self.direction == "maximize"

    @property
    def is_share(self) -> bool:
        """True for a share, whose differences read as percentage points."""
        return self.kind == "share"

    @property
    def worst_share(self) -> float:
        """The value of a run that diverged, of a share: not one case correct."""
        return 0.0 if self.maximises else 1.0

    def fault(self, value: float) -> str | None:
        """The fault of a reported value, as the end of a sentence; None where the measure can take it."""
        if not -1e300 < value < 1e300:
            return "must be a finite number; report a run that broke with the outcome `diverged`"
        if self.kind == "share" and not 0.0 <= value <= 1.0:
            return f"must lie in [0, 1], since `{self.name}` is a share"
        if self.kind == "positive" and not value > 0.0:
            return f"must be above 0, since `{self.name}` is positive"
        return None
