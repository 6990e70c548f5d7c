"""Values that a JSON Schema of ours allows, for what schemathesis does not generate itself: documents in TOML."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from studies.text import is_safe_line

Draw = Callable[[st.SearchStrategy[Any]], Any]
SAFE = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Cf"]).filter(is_safe_line)


def values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values by a schema: objects, lists, numbers, choices and patterned texts, as study documents use them."""
    return _values(schema, schema)


def members(schema: dict[str, Any]) -> dict[str, st.SearchStrategy[Any]]:
    """Values of each property of an object by itself."""
    return {name: _values(member, schema) for name, member in schema["properties"].items()}


def _values(node: dict[str, Any], root: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "$ref" in node:
        return st.deferred(lambda: _values(_resolved(node["$ref"], root), root))
    for choice in ("anyOf", "oneOf"):
        if choice in node:
            return st.one_of([_values(member, root) for member in node[choice]])
    if "allOf" in node and "type" not in node:  # of one type each: what the first says holds where they say the same
        merged: dict[str, Any] = {}
        for member in node["allOf"]:
            merged = {**member, **merged}
        return _values(merged, root)
    if "const" in node or "enum" in node:
        return st.sampled_from(node.get("enum", [node.get("const")]))
    return _KINDS[node["type"]](node, root)


def _resolved(reference: str, root: dict[str, Any]) -> dict[str, Any]:
    found: Any = root
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return dict(found)


def _object(node: dict[str, Any], root: dict[str, Any]) -> st.SearchStrategy[Any]:
    stated = node.get("properties", {}).items()
    members = {key: _values(member, root) for key, member in stated if member is not False}
    required = {key for key in members if key in node.get("required", [])}
    return st.fixed_dictionaries(
        {key: members[key] for key in required},
        optional={key: value for key, value in members.items() if key not in required},
    )


def _array(node: dict[str, Any], root: dict[str, Any]) -> st.SearchStrategy[Any]:
    most = min(node.get("maxItems", 4), max(4, node.get("minItems", 0)))
    return st.lists(
        _values(node.get("items") or {"anyOf": node["prefixItems"]}, root),
        min_size=node.get("minItems", 0),
        max_size=most,
    )


def _number(node: dict[str, Any], _: dict[str, Any]) -> st.SearchStrategy[Any]:
    low = max(node.get("minimum", -1e300), node.get("exclusiveMinimum", -1e300))
    high = min(node.get("maximum", 1e300), node.get("exclusiveMaximum", 1e300))
    low = math.nextafter(low, math.inf) if node.get("exclusiveMinimum") == low else low
    high = math.nextafter(high, -math.inf) if node.get("exclusiveMaximum") == high else high
    return st.floats(low, high)


def _integer(node: dict[str, Any], _: dict[str, Any]) -> st.SearchStrategy[Any]:
    low = node.get("minimum", node.get("exclusiveMinimum", -(2**53)) + 1)
    high = node.get("maximum", node.get("exclusiveMaximum", 2**53) - 1)
    return st.integers(int(low), int(high)) | st.integers(int(low), int(min(high, max(low, 50))))


def _string(node: dict[str, Any], _: dict[str, Any]) -> st.SearchStrategy[Any]:
    pattern = node.get("pattern", "")
    if pattern and not pattern.startswith(("^[^", "^(?:[^")):
        return st.from_regex(pattern, fullmatch=True).filter(lambda text: not text.endswith("\n"))
    return st.text(SAFE, min_size=node.get("minLength", 0), max_size=min(40, node.get("maxLength", 40)))


_KINDS: dict[str, Callable[[dict[str, Any], dict[str, Any]], st.SearchStrategy[Any]]] = {
    "object": _object,
    "array": _array,
    "number": _number,
    "integer": _integer,
    "string": _string,
    "boolean": lambda *_: st.booleans(),
    "null": lambda *_: st.none(),
}
