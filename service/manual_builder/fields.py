"""Fields of a JSON Schema as Markdown: a section for each object, a row for each field."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]
REF = re.compile(r"#/(?:\$defs|components/schemas)/(\w+)$")
SPECIAL = re.compile(r"([\\*_|<>\[\]])")
ANY = "JsonValue"  # pydantic's name for values of any kind
LONGEST_DEFAULT = 60  # characters; a longer default is described by the object that it is one of
LONGEST_CHOICE = 20  # values


def escaped(text: str) -> str:
    """Plain text as Markdown that shows it as it is; `backticked` parts stay code."""
    parts = text.split("`")
    return "`".join(part if i % 2 else SPECIAL.sub(r"\\\1", part) for i, part in enumerate(parts))


def anchor(name: str) -> str:
    """The anchor of an object's section."""
    return name.lower()


def section(
    name: str, schema: Schema, *, level: int = 3, words: Mapping[str, str] | None = None, where: str = ""
) -> Iterator[str]:
    """Heading, description and table of one object's fields.

    Args:
        name: of the object.
        schema: its schema.
        level: of the heading.
        words: what fields mean that the schema does not describe.
        where: a sentence that says where the object stands.
    """
    yield from (f"{'#' * level} {name}", "")
    if where:
        yield from (where, "")
    yield from described(str(schema.get("description", "")))
    rows = [_row(f, part, schema, (words or {}).get(f, "")) for f, part in schema.get("properties", {}).items()]
    if rows:
        yield from ("| field | value | default | meaning |", "|---|---|---|---|", *rows, "")
    elif "enum" in schema:
        yield from (f"One of {_choices(schema['enum'])}.", "")


def described(text: str) -> Iterator[str]:
    """A docstring as Markdown: paragraphs as text, aligned columns as they are."""
    for paragraph in filter(None, text.split("\n\n")):
        aligned = any(re.search(r"\S {2,}\S", line) for line in paragraph.splitlines())
        yield from ("```text", paragraph, "```", "") if aligned else (escaped(" ".join(paragraph.split())), "")


def shape(part: Schema) -> str:
    """The values that a field takes, in words."""
    if "$ref" in part:
        name = _target(part["$ref"])
        return "any JSON" if name == ANY else f"[{name}](#{anchor(name)})"
    if "const" in part:
        return f"`{_json(part['const'])}`"
    if "enum" in part:
        return _choices(part["enum"])
    for key in ("oneOf", "anyOf", "allOf"):
        if key in part:
            return " or ".join(dict.fromkeys(shape(each) for each in part[key]))
    if "prefixItems" in part:
        return f"list of {len(part['prefixItems'])}: {', '.join(dict.fromkeys(map(shape, part['prefixItems'])))}"
    if part.get("type") == "array":
        return f"list of {shape(part.get('items', {}))}{_bounds(part, 'Items', ' entries')}"
    if part.get("type") == "object" and isinstance(part.get("additionalProperties"), dict):
        return f"table of {shape(part['additionalProperties'])}"
    kinds = part.get("type", "any value")
    text = " or ".join(kinds) if isinstance(kinds, list) else str(kinds)
    return f"{_kind(text)}{_range(part)}{_bounds(part, 'Length', ' characters')}"


def targets(part: Schema) -> Iterator[str]:
    """Names of the objects that a field may hold, in their order."""
    if "$ref" in part:
        yield _target(part["$ref"])
    for key in ("oneOf", "anyOf", "allOf", "prefixItems"):
        for each in part.get(key, ()):
            yield from targets(each)
    for key in ("items", "additionalProperties"):
        if isinstance(part.get(key), dict):
            yield from targets(part[key])


def meaning(part: Schema) -> str:
    """The schema's own description of a field, or that of the list's entries."""
    items = part.get("items")
    return str(part.get("description") or (items.get("description", "") if isinstance(items, dict) else ""))


def _row(name: str, part: Schema, owner: Schema, words: str) -> str:
    text = escaped(meaning(part) or words)
    cells = (f"`{name}`", shape(part), _default(name, part, owner), text[:1].upper() + text[1:])
    return f"| {' | '.join(cells)} |"


def _default(name: str, part: Schema, owner: Schema) -> str:
    if name in owner.get("required", ()):
        return "required"
    if "default" not in part or "const" in part:
        return ""
    text = _json(part["default"])
    return f"`{text}`" if len(text) <= LONGEST_DEFAULT else "see there"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _choices(values: Sequence[object]) -> str:
    shown = [f"`{_json(value)}`" for value in values[:LONGEST_CHOICE]]
    return ", ".join([*shown, *(["..."] if len(values) > LONGEST_CHOICE else [])])


def _target(ref: str) -> str:
    found = REF.search(ref)
    if found is None:
        raise ValueError(f"{ref} names no object of the schema")
    return found[1]


def _kind(text: str) -> str:
    return {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(text, text)


def _range(part: Schema) -> str:
    low = part.get("exclusiveMinimum", part.get("minimum"))
    high = part.get("exclusiveMaximum", part.get("maximum"))
    words = [
        *([f"above {low:g}" if "exclusiveMinimum" in part else f"from {_number(low)}"] if low is not None else []),
        *(
            [f"below {_number(high)}" if "exclusiveMaximum" in part else f"to {_number(high)}"]
            if high is not None
            else []
        ),
    ]
    return f", {' '.join(words)}" if words else ""


def _number(value: float) -> str:
    return f"{value:,}".replace(",", " ") if isinstance(value, int) else f"{value:.12g}"


def _bounds(part: Schema, what: str, unit: str) -> str:
    low, high = part.get(f"min{what}"), part.get(f"max{what}")
    if high is None:
        return "" if not low else f", at least {low}{unit}"
    return f", {low} to {high}{unit}" if low else f", at most {high}{unit}"
