"""Form fields made from the study language's JSON Schema: bounds and choices are written once, in the models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

from studies.language.context import Loss
from studies.language.spec import json_schema
from studies.language.versions import CLAIM_OF_THIRD, THIRD
from studies.learning.chosen import DEFAULTS, TABLES
from studies.learning.entry import Entry, Kind, Parameter
from studies.learning.naming import capital, shown_name

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Study", ("name", "title", "losses", "seed", "priority")),
    (
        "Claim",
        (
            "claim.eta",
            "claim.alpha",
            "claim.tolerance_factor",
            "claim.margin_sigmas",
            "claim.margin_points",
            "claim.margin_error_share",
            "claim.margin_floor",
            "claim.objective",
            "claim.primary_loss",
        ),
    ),
    (
        "Context",
        (
            "contexts.0.dataset",
            "contexts.0.network",
            "contexts.0.initialisation",
            "contexts.0.update_rule",
            "contexts.0.schedule",
            "contexts.0.backward_rule",
            "contexts.0.epochs",
            "contexts.0.batch_size",
            "contexts.0.images",
            "contexts.0.weight_decay",
        ),
    ),
    (
        "Search space",
        ("search_space.eta.low", "search_space.eta.high", "search_space.alpha.low", "search_space.alpha.high"),
    ),
)
LABELS = {
    "search_space.eta.low": "η from",
    "search_space.eta.high": "η to",
    "search_space.alpha.low": "α from",
    "search_space.alpha.high": "α to",
    "claim.eta": "η, learning rate",
    "claim.alpha": "α, momentum weight",
    "contexts.0.images": "Images (empty: all)",
    "claim.primary_loss": "Primary loss (empty: none)",
    "claim.tolerance_factor": "Tolerance, a factor",
    "claim.margin_sigmas": "Margin, in σ of a single run",
    "claim.margin_points": "or in percentage points",
    "claim.margin_error_share": "or as a share of the error",
    "claim.margin_floor": "Least margin by σ",
    "design.confirmation": "Confirmation",
    "design.likeliest": "Measure the region’s likeliest point",
    "design.rival": "Measure a far rival",
    "design.folklore": "Measure the everyday default too",
    "design.opposite": "Measure the point across too",
    "design.widen": "Widen the box once if need be",
    "design.runs": "Paired runs of each arm",
    "design.tuning": "Tuning trainings of each arm",
    "design.baseline": "Arm that the others are compared with",
}
_CLAIM_OF_THIRD = {f"claim.{name}" for name in CLAIM_OF_THIRD}
CHOICES: dict[str, Kind] = {f"contexts.0.{kind}": kind for kind, entries in TABLES.items() if len(entries) > 1}
PLAIN = ("claim.eta", "claim.alpha", "search_space.")  # fields whose label says all that the schema does


@dataclass(frozen=True, slots=True)
class Field:
    """One input.

    `kind` is number, numbers, integer, text, choice, choices, flag, entry, or object: for the document alone.

    An entry is one of `studies.learning`: a choice of names, each with fields for its own parameters.
    """

    path: str
    label: str
    kind: str
    value: Any
    low: float | None
    high: float | None
    options: tuple[str, ...]
    nullable: bool
    help: str
    entries: tuple[EntryFields, ...] = ()

    @property
    def id(self) -> str:
        """Element id."""
        return "field-" + self.path.replace(".", "-")

    @property
    def chosen(self) -> str:
        """Name of the entry that the document has."""
        name = self.value.get("name") if isinstance(self.value, Mapping) else self.value
        return str(name or DEFAULTS[CHOICES[self.path]])


@dataclass(frozen=True, slots=True)
class EntryFields:
    """An entry of `studies.learning` in a form: its name, as it is shown, and the inputs of its own parameters."""

    name: str
    shown: str
    title: str
    fields: tuple[Field, ...]


def form_fields(document: dict[str, Any]) -> list[tuple[str, list[Field]]]:
    """Groups of fields for a study document, the design's own fields last.

    Args:
        document: a complete study, every default written out; only its first context has fields.
    """
    groups = [
        (title, [_field(path, document) for path in paths if _known(path, document) and _is_there(path, document)])
        for title, paths in GROUPS
    ]
    groups = [(title, fields) for title, fields in groups if fields]
    simple = [k for k, v in document["design"].items() if k != "kind" and not isinstance(v, list)]
    kind = str(document["design"]["kind"]).replace("_", " ")
    fields = [_field(f"design.{name}", document) for name in simple]
    groups.append((f"Design: {kind}", [field for field in fields if field.kind != "object"]))
    groups[-1][1].append(_field("replication.folds", document))
    return groups


def _entry_field(path: str, document: dict[str, Any]) -> Field:
    """The choice of an entry, with the inputs of every entry's parameters; those of the document's entry have its."""
    kind = CHOICES[path]
    value = document["contexts"][0].get(kind)
    stated = value if isinstance(value, Mapping) else {}
    entries = tuple(_entry_fields(path, entry, stated) for entry in TABLES[kind])
    label, names = LABELS.get(path, _label(path)), tuple(entry.name for entry in entries)
    return Field(path, label, "entry", value, None, None, names, nullable=False, help="", entries=entries)


def _entry_fields(path: str, entry: Entry, stated: Mapping[str, Any]) -> EntryFields:
    own = stated if stated.get("name") == entry.name else {}
    fields = tuple(_own_field(path, parameter, own) for parameter in entry.parameters)
    return EntryFields(entry.name, shown_name(entry), f"{capital(entry.title)}.", fields)


def _own_field(path: str, parameter: Parameter, stated: Mapping[str, Any]) -> Field:
    kinds = {bool: "flag", int: "integer", float: "number", str: "choice", tuple: "numbers"}
    low, high = (None if parameter.choices else bound for bound in (parameter.lowest, parameter.highest))
    return Field(
        path=f"{path}.{parameter.name}",
        label=parameter.name,
        kind=kinds[type(parameter.default)],
        value=_shown(stated.get(parameter.name, parameter.default)),
        low=low,
        high=high,
        options=parameter.choices,
        nullable=False,
        help=parameter.meaning,
    )


def _shown(value: Any) -> Any:
    """A value as an input has it: the numbers of a list with commas between them."""
    return ", ".join(f"{number:.15g}" for number in value) if isinstance(value, list | tuple) else value


def _label(path: str) -> str:
    return path.rsplit(".", 1)[-1].replace("_", " ").capitalize()


def _known(path: str, document: dict[str, Any]) -> bool:
    """False for a field that documents of this one's version do not have."""
    return path not in (*_CLAIM_OF_THIRD, "contexts.0.backward_rule") or int(document["schema_version"]) >= THIRD


def _field(path: str, document: dict[str, Any]) -> Field:
    if path in CHOICES:
        return _entry_field(path, document)
    node: dict[str, Any] = _schema()
    value: Any = document
    for part in path.split("."):
        node = _resolve(_step(node, part, value))
        value = value[int(part)] if isinstance(value, list) else value.get(part)  # what is not set is not written
    choices = [c for c in node.get("anyOf", [node]) if c.get("type") != "null"]
    nullable = len(choices) < len(node.get("anyOf", [node]))
    kind_node = {**node, **_resolve(choices[0])}
    items = _resolve(kind_node.get("items", {}))
    return Field(
        path=path,
        label=LABELS.get(path, _label(path)),
        kind=_kind(kind_node),
        value=value,
        low=kind_node.get("minimum", kind_node.get("exclusiveMinimum")),
        high=kind_node.get("maximum", kind_node.get("exclusiveMaximum")),
        options=_options(path, value) or tuple(items.get("enum", kind_node.get("enum", ()))),
        nullable=nullable or bool(_on_axis(path, document)),  # cleared, it is left to the axis again
        help=_on_axis(path, document)
        or ("" if path.startswith(PLAIN) else str(node.get("description", kind_node.get("description", "")))),
    )


def _is_there(path: str, document: dict[str, Any]) -> bool:
    """False for eta and alpha, and their box, where the document has others; for a claim where it compares arms."""
    if document["design"]["kind"] == "compare" and path.startswith(("claim.", "search_space.")):
        return False
    return "parameters" not in document or not path.startswith(("search_space.", "claim.eta", "claim.alpha"))


def _on_axis(path: str, document: dict[str, Any]) -> str:
    """The values of a number over which the first context's axis runs; "" of every other field."""
    outer, _, name = path.rpartition(".")
    axis = (document["contexts"][0].get("axis") or {}) if outer == "contexts.0" else {}
    return (
        f"runs over {', '.join(f'{value:g}' for value in axis[name])}: see `axis` in the document"
        if name in axis
        else ""
    )


def _options(path: str, value: Any) -> tuple[str, ...]:
    """Choices that the schema leaves open, since a trainer of the user's own may have others."""
    return tuple(dict.fromkeys((*get_args(Loss), *value))) if path == "losses" else ()


def _step(node: dict[str, Any], part: str, value: Any) -> dict[str, Any]:
    """The schema of one member; of a choice of designs the one that the document has."""
    if isinstance(value, list):
        return dict(node["items"])
    if "properties" not in node and "anyOf" in node:  # a table, or the name of a preset
        node = _resolve(next(option for option in node["anyOf"] if "$ref" in option))
    if "oneOf" in node:
        node = _resolve(_chosen(node, value))
    return dict(node["properties"][part])


def _chosen(node: dict[str, Any], value: Any) -> dict[str, Any]:
    """Of several tables the one that the value is: by its `kind`, else the first, as a context of our own engine is."""
    if "discriminator" not in node:
        return dict(node["oneOf"][0])
    return {"$ref": node["discriminator"]["mapping"][value["kind"]]}


def _resolve(node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in node:
        return node
    target: dict[str, Any] = _schema()["$defs"][node["$ref"].rsplit("/", 1)[-1]]
    return {**target, **{k: v for k, v in node.items() if k != "$ref"}}


def _kind(node: dict[str, Any]) -> str:
    if node.get("type") == "array":
        return "choices"
    if "enum" in node:
        return "choice"
    return {"number": "number", "integer": "integer", "boolean": "flag", "object": "object"}.get(
        str(node.get("type")), "text"
    )


@cache
def _schema() -> dict[str, Any]:
    return json_schema()
