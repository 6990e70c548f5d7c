"""A numeric axis: one number of a context, with the values that it takes in turn.

A document states it within a context, `axis = { batch_size = [16, 32, 64] }`, and `axis_expansion` makes one context of
each value. The fields that an axis may run over stand in the table below; of an external context, any of its settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Protocol

from pydantic import Field, WithJsonSchema

from studies.learning import networks

FEWEST, MOST = 2, 64  # values of an axis; a study has no more contexts
SETTINGS, EPOCHS = "settings", "epochs"
RULE_SETTINGS = ("update_rule", "optimizer", "optimiser")  # of an external context, that may name its rule
PLAIN_FROM, PLAIN_BELOW = 0.01, 1e6  # numbers that are written without an exponent in a context's name
_VALUES = {"type": "array", "minItems": FEWEST, "maxItems": MOST, "uniqueItems": True}
_POSITIVE = {"type": "number", "exclusiveMinimum": 0}
_WIDTHS = {each.name: width for each in networks.ENTRIES for width in each.parameters if width.name == "width"}

Axis = Annotated[
    dict[str, Annotated[list[int | float], Field(min_length=FEWEST, max_length=MOST)]],
    Field(min_length=1, max_length=1),
    WithJsonSchema({"type": "object", "minProperties": 1, "maxProperties": 1}),
]
AXIS = Field(
    default=None,
    exclude_if=lambda axis: axis is None,  # so documents from before this field keep their hash
    description="one field with its values, `{ batch_size = [16, 32, 64] }`: stands for a context of each value",
)


@dataclass(frozen=True, slots=True)
class AxisField:
    """A number of a context that an axis may run over.

    Attributes:
        name: as the parsed document has it.
        place: of the number within the context.
        others: further ways to write the name.
        networks: those that have the number, each with the one of a context that leaves it out; empty for a number of
            every context.
        bounds: as JSON Schema has them; empty where the context's own field has them.
        real: values are read as floating-point numbers, so that 1 and 1.0 are one.
    """

    name: str
    place: tuple[str, ...]
    others: tuple[str, ...] = ()
    networks: Mapping[str, float] = field(default_factory=dict)
    bounds: Mapping[str, Any] | None = None
    real: bool = False


BUILT_IN_FIELDS = (
    AxisField("batch_size", ("batch_size",)),
    AxisField("epochs", (EPOCHS,)),
    AxisField("images", ("images",)),
    AxisField("weight_decay", ("weight_decay",), real=True),
    AxisField(
        "width",
        ("network", "width"),
        ("network.width",),
        networks={name: float(width.default) for name, width in _WIDTHS.items()},  # type: ignore[arg-type]
        bounds={
            "type": "integer",
            "minimum": int(max(width.lowest for width in _WIDTHS.values())),
            "maximum": int(min(width.highest for width in _WIDTHS.values())),
        },
    ),
)


class Placed(Protocol):
    """What is read of a context here."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def axis(self) -> dict[str, list[int | float]] | None:
        """Its axis."""


@dataclass(frozen=True, slots=True)
class NumericAxis:
    """An axis of a parsed document: its field, its contexts and their values, in the document's order."""

    name: str  # the part that the contexts' names share
    field: str
    contexts: tuple[str, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class AxisPlace:
    """The place of a context on its axis.

    Attributes:
        axis: the axis' name, shared by its contexts.
        field: the number that it runs over.
        value: of this context.
        rule: the update rule that the context names; "" where it names none.
    """

    axis: str
    field: str
    value: float
    rule: str = ""


def place_on_axis(contexts: Sequence[Placed], name: str) -> AxisPlace | None:
    """The place of the context of this name on its axis; None where it has none."""
    for axis in numeric_axes(contexts):
        if name in axis.contexts:
            found = next(context for context in contexts if context.name == name)
            return AxisPlace(axis.name, axis.field, axis.values[axis.contexts.index(name)], _rule(found))
    return None


def _rule(context: Placed) -> str:
    """The update rule by its name: of an external context the one that its settings name, in small letters."""
    settings = getattr(context, SETTINGS, None)
    if settings is None:
        rule = getattr(context, "update_rule", "")
        return str(getattr(rule, "name", rule))
    named = (settings.get(key) for key in RULE_SETTINGS)
    return next((rule.lower() for rule in named if isinstance(rule, str)), "")


def numeric_axes(contexts: Sequence[Placed]) -> tuple[NumericAxis, ...]:
    """The axes of a document's contexts; those of one axis follow each other."""
    return tuple(_axes(contexts))


def _axes(contexts: Sequence[Placed]) -> Iterator[NumericAxis]:
    at, taken = 0, set[str]()
    while at < len(contexts):
        axis = contexts[at].axis
        if axis is None:
            at += 1
            continue
        ((field, values),) = axis.items()
        names = tuple(context.name for context in contexts[at : at + len(values)])
        shared = _shared(contexts[at], value_slug(values[0]))
        shared = names[0] if shared in taken else shared
        taken.add(shared)
        yield NumericAxis(shared, field, names, tuple(map(float, values[: len(names)])))
        at += len(values)


def _shared(first: Placed, value: str) -> str:
    """The part of their names that the contexts of an axis share, by the first of them and its value."""
    arm = getattr(first, "arm", None)
    if arm is None:
        return first.name.removesuffix(f"-{value}")
    return f"{arm.context.removesuffix(f'-{value}')}-{arm.name}"


def value_slug(value: float) -> str:
    """A positive number as a part of a context's name: 16, 0p5, 1e-4; different numbers give different texts."""
    if isinstance(value, int) or (value.is_integer() and value < PLAIN_BELOW):
        return str(int(value))
    text = repr(value)
    if PLAIN_FROM <= value < PLAIN_BELOW:
        return text.replace(".", "p")
    _, digits, power = Decimal(text).normalize().as_tuple()
    first, *rest = map(str, digits)
    return f"{first}{'p' if rest else ''}{''.join(rest)}e{int(power) + len(rest)}"


def with_axis_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of a study with the fields that an axis may run over, each with its bounds."""
    tables = schema["$defs"]
    own = tables["Context"]["properties"]
    fields: dict[str, Any] = {}
    for each in BUILT_IN_FIELDS:
        values = {**_VALUES, "items": {"allOf": [dict(each.bounds or _bounds(own[each.name])), _POSITIVE]}}
        fields |= dict.fromkeys((each.name, *each.others), values)
        if len(each.place) > 1:
            outer, name = each.place
            fields[outer] = {"type": "object", "required": [name], "properties": {name: values}}
            fields[outer]["additionalProperties"] = False
    _put(own, {"properties": fields, "additionalProperties": False})
    external = tables["ExternalContext"]["properties"]
    numbers: dict[str, Any] = {**_VALUES, "items": _POSITIVE}
    epochs = {**_VALUES, "items": {"allOf": [_bounds(external[EPOCHS]), _POSITIVE]}}
    inner = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": numbers}
    named: dict[str, Any] = {name: False for name in external if name not in (SETTINGS, EPOCHS)}
    _put(external, {"properties": {**named, EPOCHS: epochs, SETTINGS: inner}, "additionalProperties": numbers})
    return schema


def _put(properties: dict[str, Any], more: dict[str, Any]) -> None:
    """Add to the schema of the field `axis`, beside null."""
    table = next(option for option in properties["axis"]["anyOf"] if option.get("type") == "object")
    table |= more


def _bounds(about: Mapping[str, Any]) -> dict[str, Any]:
    """The bounds of a number, of one that may be null too."""
    found = next(option for option in about.get("anyOf", [about]) if option.get("type") != "null")
    return {name: value for name, value in found.items() if name in ("type", *LIMITS)}


LIMITS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
