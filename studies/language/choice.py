"""Fields of a context that name an entry of `studies.learning`: a bare name, or a table with its own parameters.

    update_rule = "adam"
    update_rule = { name = "adam", beta1 = 0.95 }

Models, JSON Schema and sentences are made from the entries. A document after parsing has the table with every value
written out; the bare name where the entry has no parameters, or is a network of its default width, so that documents
from before there were tables keep their hashes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, reduce
from operator import or_
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    Tag,
    create_model,
    model_serializer,
)
from pydantic_core import CoreSchema

from studies.errors import Problem
from studies.language.door import STRICT
from studies.language.nearest import guess
from studies.language.validation import InconsistentError, key_text, shown
from studies.learning.chosen import TABLES, Chosen
from studies.learning.entry import Entry, Kind, Parameter, UpdateRule
from studies.learning.naming import found, listed, shown_name

BARE = "name"  # tag of a bare name


def _untitled(schema: dict[str, Any]) -> None:
    for field in schema["properties"].values():
        field.pop("title", None)  # the names again


class Table(BaseModel):
    """An entry with its own parameters; a model for each entry is made from this one."""

    model_config = STRICT | {"json_schema_extra": _untitled}

    name: str

    _varied: frozenset[str] = PrivateAttr(default=frozenset())

    @model_serializer(mode="wrap")
    def _plain(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if name not in self._varied}

    def without(self, varied: frozenset[str]) -> Table:
        """The table in a study that varies these parameters: it has no value of theirs."""
        found = self.model_copy()
        found._varied = varied & type(self).model_fields.keys()
        return found

    @property
    def stated(self) -> frozenset[str]:
        """The parameters that the document states."""
        return frozenset(self.model_fields_set) - {"name"}

    @property
    def varied(self) -> frozenset[str]:
        """The parameters that the study varies."""
        return self._varied

    @property
    def chosen(self) -> Chosen:
        """Name and values, defaults filled in; of what the study varies the default, which each trial replaces."""
        values = {name: getattr(self, name) for name in type(self).model_fields if name != "name"}
        return Chosen(self.name, values)


Choice = str | Table  # a field's value after parsing


def chosen(kind: Kind, value: Choice) -> Chosen:
    """A field's value as plain values, defaults filled in."""
    if isinstance(value, Table):
        return value.chosen
    entry = found(TABLES[kind], value)
    return Chosen(value, {parameter.name: parameter.default for parameter in entry.parameters})


@dataclass(frozen=True, slots=True)
class Named:
    """Mark of a field that names an entry of a kind; what pydantic reads is made from the entries."""

    kind: Kind

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The union of the bare names and of every entry's table."""
        return handler.generate_schema(_union(self.kind))


@cache
def _union(kind: Kind) -> Any:
    """The pydantic type of a kind's field."""
    entries = TABLES[kind]
    bare = Annotated[Literal[tuple(entry.name for entry in entries)], Tag(BARE)]  # type: ignore[valid-type]
    models = dict.fromkeys(model_of(kind, entry.name) for entry in entries)
    tables = [Annotated[model, Tag(model.__name__)] for model in models]
    either: Any = reduce(or_, tables, bare)
    tagged = Annotated[either, Discriminator(lambda value: _tag(kind, value))]
    return Annotated[tagged, BeforeValidator(lambda value: _canonical(kind, value))]


def _tag(kind: Kind, value: Any) -> str:
    if isinstance(value, str):
        return BARE
    name = value["name"] if isinstance(value, Mapping) else value.name
    return model_of(kind, name).__name__


@cache
def model_of(kind: Kind, name: str) -> type[Table]:
    """The model of an entry's table; entries without parameters share one.

    Raises:
        KeyError: the kind has no such entry.
    """
    entry = found(TABLES[kind], name)
    return _table(kind, entry) if entry.parameters else _plain_table(kind)


def _table(kind: Kind, entry: Entry) -> type[Table]:
    fields: dict[str, Any] = {"name": (Literal[entry.name], ...)}
    fields |= {parameter.name: _field(parameter) for parameter in entry.parameters}
    about = f"{shown_name(entry)}: {entry.title}"
    return create_model(_titled(kind, entry.name), __base__=Table, __doc__=about, **fields)


@cache
def _plain_table(kind: Kind) -> type[Table]:
    names: Any = Literal[tuple(entry.name for entry in TABLES[kind] if not entry.parameters)]
    about = "Without parameters of its own"
    return create_model(_titled(kind, "plain"), __base__=Table, __doc__=about, name=(names, ...))


def _titled(kind: Kind, name: str) -> str:
    return f"{kind}_{name}".title().replace("_", "")


def _field(parameter: Parameter) -> tuple[Any, Any]:
    """Type and default of a parameter."""
    if isinstance(parameter.default, str):
        return Literal[parameter.choices], Field(parameter.default, description=parameter.meaning)
    if isinstance(parameter.default, bool):
        return bool, Field(parameter.default, description=parameter.meaning)
    if isinstance(parameter.default, tuple):
        return _list(parameter), parameter.default
    kind = type(parameter.default)
    number: Any = Annotated[kind, Field(description=parameter.meaning, **_bounds(parameter, kind))]
    return number, parameter.default


def _bounds(parameter: Parameter, kind: Callable[[float], Any]) -> dict[str, Any]:
    return {
        "gt" if parameter.above else "ge": kind(parameter.lowest),
        "lt" if parameter.below else "le": kind(parameter.highest),
    }


def _list(parameter: Parameter) -> Any:
    """The type of a list of numbers, kept as a tuple; a list is no tuple to a strict model, unless it comes as JSON."""
    fewest, most = parameter.lengths
    number: Any = Annotated[float, Field(**_bounds(parameter, float))]
    about = Field(min_length=fewest, max_length=most, description=parameter.meaning)
    numbers: Any = Annotated[tuple[number, ...], about]
    return Annotated[numbers, BeforeValidator(_row)]


def _row(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _canonical(kind: Kind, value: Any) -> Any:
    """A field as it came in, or its model, in the one form that is kept.

    Raises:
        InconsistentError: it names no entry, or a parameter that the entry does not have.
    """
    if isinstance(value, Table):
        return value
    stated = _as_named({"name": value} if isinstance(value, str) else value)
    problems = list(_faults(kind, stated))
    if problems:
        raise InconsistentError(problems)
    entry = found(TABLES[kind], stated["name"])
    usual = kind == "network" and all(stated.get(p.name, p.default) == p.default for p in entry.parameters)
    sound = all(type(stated[p.name]) is type(p.default) for p in entry.parameters if p.name in stated)
    return entry.name if not entry.parameters or (usual and sound) else stated


def _as_named(stated: Any) -> Any:
    """A table under the name of its entry, where another way of writing it is usual, too.

    The paper on function changes has the 1-1-1 network as one more derivative of `substitute`.
    """
    if isinstance(stated, Mapping) and (stated.get("name"), stated.get("derivative")) == ("substitute", "network"):
        return {"name": "substitute_network", **{k: v for k, v in stated.items() if k not in ("name", "derivative")}}
    return stated


def _faults(kind: Kind, stated: Any) -> Iterator[Problem]:
    """Values that are no choice of an entry; values of its parameters are left to its model."""
    words, names = kind.replace("_", " "), listed([entry.name for entry in TABLES[kind]])
    if not isinstance(stated, Mapping):
        text = f"must be the name of the {words}, or a table with `name` and its parameters, got {shown(stated)}"
        yield Problem("", f"{text}; the names are {names}")
        return
    if "name" not in stated:
        yield Problem("name", f"is missing; name the {words}: {names}")
        return
    known = {entry.name: entry for entry in TABLES[kind]}
    if not isinstance(stated["name"], str) or stated["name"] not in known:
        yield Problem(
            "name" if len(stated) > 1 else "",
            f"should be {names}, got {shown(stated['name'])}{guess(stated['name'], known)}",
        )
        return
    entry = known[stated["name"]]
    own = [parameter.name for parameter in entry.parameters]
    for key in stated:
        if key not in {"name", *own}:
            yield Problem(key_text(key), _foreign(kind, entry, key, own))


def _foreign(kind: Kind, entry: Entry, key: Any, own: list[str]) -> str:
    """The fault of a parameter that an entry does not have: whose it is, and those that the entry has."""
    has = f"{entry.name} has {listed(own, 'and')}" if own else f"{entry.name} has no parameters of its own"
    if isinstance(entry, UpdateRule) and key in ("eta", "alpha"):
        return f"is what a trial sets, and no parameter of the table; remove it ({has})"
    others = [other.name for other in TABLES[kind] if key in [parameter.name for parameter in other.parameters]]
    if others:
        return f"is a parameter of {listed(others, 'and')}, not of {entry.name}; remove it ({has})"
    cure = guess(key, own) or "; remove it or check its spelling"
    return f"is no parameter of {entry.name}{cure} ({has})"
