"""The axis that a context of a document states, as it came in: which number it runs over, and through which values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from studies.errors import Problem
from studies.language.axis import BUILT_IN_FIELDS, EPOCHS, FEWEST, MOST, SETTINGS, AxisField
from studies.language.context import Context
from studies.language.external import ExternalContext
from studies.language.validation import InconsistentError, joined, key_text, shown
from studies.learning.naming import listed

KNOWN = {written: field for field in BUILT_IN_FIELDS for written in (field.name, *field.others)}
NAMES = ", ".join(field.name for field in BUILT_IN_FIELDS[:-1]) + f" or {BUILT_IN_FIELDS[-1].name}"
FORM = "name one field with its values, such as { batch_size = [16, 32, 64] }"


@dataclass(frozen=True, slots=True)
class Stated:
    """An axis as a context states it: its field, its values, and the field's name as the user wrote it."""

    field: AxisField
    values: list[Any]
    written: str

    @property
    def canonical(self) -> dict[str, list[Any]]:
        """The axis as the parsed document has it."""
        return {self.field.name: self.values}


def stated_axis(context: Mapping[str, Any]) -> Stated:
    """The axis that a context states.

    Raises:
        InconsistentError: it is none; the fields of the problems begin with `axis`.
    """
    field, values, written = _named(context)
    problems = list(_value_faults(values, joined("axis", key_text(written))))
    if problems:
        raise InconsistentError(problems)
    return Stated(field, [float(value) for value in values] if field.real else values, written)


def held(context: Mapping[str, Any], field: AxisField) -> Any:
    """The number that a context states itself for a field; None where it states none."""
    outer = context.get(field.place[0])
    if len(field.place) == 1:
        return outer
    if isinstance(outer, str):  # a network by its bare name
        return field.networks.get(outer)
    return outer.get(field.place[1]) if isinstance(outer, Mapping) else None


def fixes(context: Mapping[str, Any], field: AxisField) -> bool:
    """True where a context states a number itself, beyond its default."""
    outer = context.get(field.place[0])
    return held(context, field) is not None and not (len(field.place) > 1 and isinstance(outer, str))


def with_value(context: Mapping[str, Any], field: AxisField, value: Any) -> dict[str, Any]:
    """The context with a number set."""
    name, *inner = field.place
    if not inner:
        return {**context, name: value}
    table = context.get(name, {})
    if isinstance(table, str):
        table = {"name": table}
    if not isinstance(table, Mapping):
        return dict(context)
    network = table.get("name")
    plain = table == {"name": network} and value == field.networks.get(str(network))
    return {**context, name: network if plain else {**table, inner[0]: value}}


def without_value(context: Mapping[str, Any], field: AxisField) -> dict[str, Any]:
    """The context without a number; a table that has nothing else but the network's name becomes that name."""
    name, *inner = field.place
    table = context.get(name)
    if not inner:
        return {key: value for key, value in context.items() if key != name}
    if not isinstance(table, Mapping):
        return dict(context)
    left = {key: value for key, value in table.items() if key != inner[0]}
    network = left.get("name")
    return {**context, name: network if network in list(field.networks) and left == {"name": network} else left}


def _named(context: Mapping[str, Any]) -> tuple[AxisField, Any, str]:
    axis = context["axis"]
    if not isinstance(axis, Mapping):
        raise _refused("axis", f"is {shown(axis)}; {FORM}")
    pairs = [pair for key, value in axis.items() for pair in _flat(str(key), value)]
    if not pairs:
        raise _refused("axis", f"is empty; {FORM}")
    if len(pairs) > 1:
        names = " and ".join(f"`{key_text(key)}`" for key, _ in pairs[:2])
        raise _refused("axis", f"runs over {names}; keep one field, and write a context with an axis for the other")
    ((written, values),) = pairs
    field = _setting(written) if "trainer" in context else _built_in(written, context)
    return field, values, written


def _flat(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    """A field that is written as a dotted key, which TOML reads as tables."""
    if not isinstance(value, Mapping):
        yield key, value
    else:
        yield from ((f"{key}.{inner}", each) for inner, each in value.items())


def _built_in(written: str, context: Mapping[str, Any]) -> AxisField:
    field = KNOWN.get(written)
    place = joined("axis", key_text(written))
    if field is None:
        is_own = written in Context.model_fields
        text = "is not a number of a context" if is_own else "is no field of a context"
        raise _refused(place, f"{text}; an axis runs over {NAMES}")
    network = context.get("network", Context.model_fields["network"].default)
    name = network.get("name") if isinstance(network, Mapping) else network
    if field.networks and name not in list(field.networks):  # a list, since the name may be anything
        known = listed(field.networks)
        raise _refused(place, f"is a number of the networks {known} alone; set `network` to one of them")
    return field


def _setting(written: str) -> AxisField:
    if written == EPOCHS:
        return AxisField(EPOCHS, (EPOCHS,))
    key = written.removeprefix(f"{SETTINGS}.")
    is_field = key in ExternalContext.model_fields
    if key == written and is_field:
        text = f"is no number that an axis runs over; name a setting, or `{SETTINGS}.{key}` for one of that name"
        raise _refused(joined("axis", key_text(written)), text)
    prefixed = is_field or key.startswith(f"{SETTINGS}.")
    return AxisField(f"{SETTINGS}.{key}" if prefixed else key, (SETTINGS, key))


def _value_faults(values: Any, place: str) -> Iterator[Problem]:
    if not isinstance(values, list):
        yield Problem(place, f"is {shown(values)}; give a list of two or more numbers, such as [16, 32, 64]")
        return
    if not FEWEST <= len(values) <= MOST:
        text = f"has {len(values):,} value{'' if len(values) == 1 else 's'}"
        yield Problem(place, f"{text}; give {FEWEST} to {MOST} different ones")
        return
    seen: list[Any] = []
    for i, value in enumerate(values):
        text = _fault(value, seen)
        if text:
            yield Problem(f"{place}.{i}", text)
        seen.append(value)


def _fault(value: Any, before: list[Any]) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"must be a number, got {shown(value)}"
    if not (value > 0 and (isinstance(value, int) or math.isfinite(value))):
        return (
            f"must be a finite number above 0, got {shown(value)}; an axis has a log scale, so give 0 its own context"
        )
    return f"is {shown(value)}, as an earlier value; name each value once" if value in before else ""


def _refused(field: str, text: str) -> InconsistentError:
    return InconsistentError([Problem(field, text)])
