"""Points in a document: `eta` and `alpha`, or `at`, a table by the names of the study's own parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Protocol, Self

from pydantic import BaseModel, Field, model_validator

from studies.errors import Problem
from studies.language.door import STRICT
from studies.language.parameters import Axes, Name, same_value
from studies.language.ranges import Alpha, Eta
from studies.language.validation import InconsistentError

ByName = Annotated[
    dict[Name, float], Field(min_length=1, max_length=2, json_schema_extra={"additionalProperties": False})
]


class HasPoint(Protocol):
    """A table of a document that names a point."""

    @property
    def eta(self) -> float | None: ...
    @property
    def alpha(self) -> float | None: ...
    @property
    def at(self) -> dict[str, float] | None: ...


def not_null(schema: dict[str, Any]) -> None:
    """A field of a JSON Schema that may be left out and is never null."""
    schema |= next(option for option in schema.pop("anyOf") if option != {"type": "null"})
    if schema.get("default", 0) is None:
        del schema["default"]


def point_schema(schema: dict[str, Any]) -> None:
    """A JSON Schema in which a point is stated in one of the two ways."""
    pair = ("eta", "alpha")
    schema["if"] = {"properties": {"at": {"type": "object"}}, "required": ["at"]}
    schema["then"] = {"properties": dict.fromkeys(pair, False)}
    open_ones = [name for name in pair if "default" not in schema["properties"][name]]
    schema |= {"else": {"required": open_ones}} if open_ones else {}


class Placed(BaseModel):
    """A table that names a point."""

    model_config = STRICT | {"json_schema_extra": point_schema}

    eta: Eta | None = Field(default=None, exclude_if=lambda eta: eta is None, json_schema_extra=not_null)
    alpha: Alpha | None = Field(default=None, exclude_if=lambda alpha: alpha is None, json_schema_extra=not_null)
    at: ByName | None = Field(
        default=None, exclude_if=lambda at: at is None, description="the point, by the parameters' names"
    )

    @model_validator(mode="after")
    def _named(self) -> Self:
        problems = list(point_faults(self))
        if problems:
            raise InconsistentError(problems)
        return self

    def place(self, axes: Axes) -> tuple[float, float]:
        """The values of the study's two parameters here."""
        if self.at is not None:
            return self.at[axes.first.name], self.at[axes.second.name]
        assert self.eta is not None and self.alpha is not None, "a point without `at` has both"
        return self.eta, self.alpha

    def lies_at(self, axes: Axes, first: float, second: float) -> bool:
        """True where this is the given point, up to the last digits of a decimal written by hand."""
        return all(same_value(*pair) for pair in zip(self.place(axes), (first, second), strict=True))


def point_faults(table: HasPoint) -> Iterator[Problem]:
    """A point that is stated twice, or not at all."""
    given = {"eta": table.eta, "alpha": table.alpha}
    for name, value in given.items():
        if table.at is not None and value is not None:
            yield Problem(name, "is stated beside `at`, which names the point; remove one of the two")
        elif table.at is None and value is None:
            yield Problem(name, "is missing; state the point by `eta` and `alpha`, or by `at = { name = value }`")
