"""The reference of the study language: every field of the JSON Schema of a study document."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from service.manual_builder.fields import meaning, section, targets
from studies.language.spec import json_schema

ROOT = "StudySpec"
INTRO = """# The study language, field by field

A study is a document in TOML or JSON. This page is made from the JSON Schema that `golden schema` prints, which editors
complete and check documents by. `golden init` writes a document with a comment on every line, and `golden preview`
checks one and says what it costs. [Learning rules](../learning-rules.md) has the formulas of update rules, schedules
and backward rules; [the HTTP guide](../api.md) has documents for trainers of your own.

Unknown fields are refused. A field that is left out has its default.
"""


def page() -> str:
    """The page."""
    return "\n".join([INTRO, *_sections(json_schema())])


def undescribed(schema: Mapping[str, Any]) -> list[str]:
    """Fields that neither the schema nor `field_words.toml` describes, as `Object.field`."""
    return [
        f"{name}.{field}"
        for name, part in _objects(schema).items()
        for field, found in part.get("properties", {}).items()
        if not (meaning(found) or words_of(name).get(field))
    ]


def words_of(name: str) -> dict[str, str]:
    """What the fields of an object mean, where the schema does not say."""
    return {**_words().get("*", {}), **_words().get(name, {})}


def _sections(schema: Mapping[str, Any]) -> Iterator[str]:
    objects = _objects(schema)
    yield from section(ROOT, schema, level=2, words=words_of(ROOT))
    yield from ("## Its parts", "", "In the order in which a document names them.", "")
    for name, path in _places(objects).items():
        if name != ROOT and name in objects and objects[name].get("properties"):
            yield from section(name, objects[name], words=words_of(name), where=f"In a document: `{path}`.")


def _objects(schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Every object of the schema, the document itself first."""
    return {ROOT: schema, **schema.get("$defs", {})}


def _places(objects: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Where each object first stands in a document, by its name."""
    found = {ROOT: ""}
    waiting = [ROOT]
    while waiting:
        name = waiting.pop(0)
        within: list[str] = []
        for field, part in objects[name].get("properties", {}).items():
            path = f"{found[name]}.{field}".lstrip(".")
            new = [target for target in targets(part) if target not in found]
            found |= dict.fromkeys(new, path)
            within += new
        waiting = [*within, *waiting]
    return found


@cache
def _words() -> dict[str, dict[str, str]]:
    return tomllib.loads((resources.files("service.manual_builder") / "field_words.toml").read_text("utf-8"))
