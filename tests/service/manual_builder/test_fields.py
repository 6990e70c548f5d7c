"""Schemas in words."""

from __future__ import annotations

from typing import Any

import pytest

from service.manual_builder.fields import described, escaped, section, shape, targets


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 8192}, "whole number, from 1 to 8 192"),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1.0}, "number, above 0 below 1"),
        ({"type": "string", "minLength": 1, "maxLength": 63}, "text, 1 to 63 characters"),
        ({"type": "boolean"}, "true or false"),
        ({"enum": ["a", "b|c"]}, '`"a"`, `"b|c"`'),
        ({"const": "locate"}, '`"locate"`'),
        ({"anyOf": [{"type": "number"}, {"type": "null"}]}, "number or null"),
        ({"$ref": "#/$defs/Claim"}, "[Claim](#claim)"),
        ({"$ref": "#/components/schemas/JsonValue"}, "any JSON"),
        ({"type": "array", "items": {"$ref": "#/$defs/Arm"}, "maxItems": 9}, "list of [Arm](#arm), at most 9 entries"),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "table of number"),
        ({}, "any value"),
    ],
)
def test_values_are_said_in_words(schema: dict[str, Any], words: str) -> None:
    assert shape(schema) == words


def test_text_is_shown_as_it_is() -> None:
    assert escaped("|x*| <= a_b, `a_b|c`") == r"\|x\*\| \<= a\_b, `a_b|c`"


def test_aligned_columns_stay_aligned() -> None:
    assert list(described("Two kinds.\n\nshare    a part\nreal     any number")) == [
        "Two kinds.", "", "```text", "share    a part\nreal     any number", "```", "",
    ]  # fmt: skip


def test_an_object_has_a_row_for_each_field() -> None:
    schema = {
        "description": "A box.",
        "required": ["low"],
        "properties": {"low": {"type": "number"}, "high": {"type": "number", "default": 1.0, "description": "upper"}},
    }
    rows = list(section("Box", schema, words={"low": "lower", "high": "unused"}, where="Somewhere."))
    assert rows[:6] == ["### Box", "", "Somewhere.", "", "A box.", ""]
    assert rows[8:10] == ["| `low` | number | required | Lower |", "| `high` | number | `1.0` | Upper |"]


def test_objects_are_found_wherever_they_stand() -> None:
    nested = {"anyOf": [{"type": "array", "items": {"oneOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}]}}]}
    assert list(targets(nested)) == ["A", "B"]
