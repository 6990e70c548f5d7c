"""TOML in every spelling: a document as tables, dotted keys or inline tables, its values as people may write them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[Any]], Any]
SHORT_ESCAPES = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


@st.composite
def as_toml(draw: Draw, documents: st.SearchStrategy[dict[str, Any]]) -> str:
    """Documents without null, in a spelling that is drawn; what TOML reads from it is the document."""
    return written(draw, draw(documents))


def written(draw: Draw, document: Mapping[str, Any]) -> str:
    """One document. Keys whose values are null are left out: TOML has no null."""
    ending = draw(st.sampled_from(["\n", "\n", "\r\n", "\n\n", "\n# a remark\n"]))
    return ending.join([*_lines(draw, (), without_null(document))]) + ending


def without_null(value: Any) -> Any:
    """The value without members that are null."""
    if isinstance(value, Mapping):
        return {key: without_null(member) for key, member in value.items() if member is not None}
    return [without_null(member) for member in value] if isinstance(value, list) else value


def _lines(draw: Draw, path: tuple[str, ...], table: Mapping[str, Any]) -> Iterator[str]:
    """A table: plain values first, then what gets a header of its own."""
    later: list[tuple[str, Any]] = []
    for key, value in table.items():
        if isinstance(value, Mapping):
            form = draw(st.sampled_from(["header", "dotted", "inline"]))
            if form == "header":
                later.append((key, value))
            elif form == "dotted" and value:
                yield from _dotted(draw, (key,), value)
            else:
                yield f"{_key(draw, key)} = {_value(draw, value)}"
        elif _is_tables(value) and draw(st.booleans()):
            later.append((key, value))
        else:
            yield f"{_key(draw, key)} = {_value(draw, value)}"
    for key, value in later:
        header = ".".join(_key(draw, part) for part in (*path, key))
        for member in value if isinstance(value, list) else [value]:
            yield f"[[{header}]]" if isinstance(value, list) else f"[{header}]"
            yield from _lines(draw, (*path, key), member)


def _dotted(draw: Draw, path: tuple[str, ...], table: Mapping[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        if isinstance(value, Mapping) and value:
            yield from _dotted(draw, (*path, key), value)
        else:
            dot = draw(st.sampled_from([".", " . "]))
            yield f"{dot.join(_key(draw, part) for part in (*path, key))} = {_value(draw, value)}"


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(member, Mapping) for member in value)


def _key(draw: Draw, key: str) -> str:
    bare = key and all(c.isascii() and (c.isalnum() or c in "_-") for c in key)
    return key if bare and draw(st.integers(0, 3)) else _text(key)


def _value(draw: Draw, value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(draw, key)} = {_value(draw, member)}" for key, member in value.items()) + "}"
    if isinstance(value, list):
        comma = draw(st.sampled_from([", ", ",\n  "]))
        return f"[{comma.join(_value(draw, member) for member in value)}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _any_text(draw, value)
    return _number(draw, value)


def _any_text(draw: Draw, text: str) -> str:
    form = draw(st.sampled_from(["basic", "escaped", "literal", "lines"]))
    if form == "literal" and text.isprintable() and "'" not in text:
        return f"'{text}'"
    if form == "escaped":
        return '"' + "".join(f"\\U{ord(c):08X}" if not 0xD800 <= ord(c) <= 0xDFFF else c for c in text) + '"'
    return f'"""\n{_text(text)[1:-1]}"""' if form == "lines" else _text(text)


def _text(text: str) -> str:
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in SHORT_ESCAPES:
        return SHORT_ESCAPES[character]
    return f"\\u{ord(character):04x}" if ord(character) < 0x20 or ord(character) == 0x7F else character


def _number(draw: Draw, value: int | float) -> str:
    if isinstance(value, int):
        forms = [str(value), f"{value:_}"] + ([hex(value), oct(value), bin(value), f"+{value}"] if value >= 0 else [])
        return str(draw(st.sampled_from(forms)))
    if not math.isfinite(value):
        return str(value)
    text = json.dumps(value)
    return str(draw(st.sampled_from([text, f"{value:.17e}"])))
