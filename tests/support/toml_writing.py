"""TOML in every spelling: a document as tables, dotted keys or inline tables, its values as people may write them."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import strategies as st

SHORT_ESCAPES = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def as_toml(documents: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[str]:
    """Documents in a spelling that is drawn; what TOML reads from it is the document without its nulls."""
    return st.builds(lambda document, seed: written(random.Random(seed), document), documents, st.integers(0, 2**32))


def written(rng: random.Random, document: Mapping[str, Any]) -> str:
    """One document. Keys whose values are null are left out: TOML has no null."""
    ending = rng.choice(["\n", "\n", "\r\n", "\n\n", "\n# a remark\n"])
    return ending.join([*_lines(rng, (), without_null(document))]) + ending


def without_null(value: Any) -> Any:
    """The value without members that are null."""
    if isinstance(value, Mapping):
        return {key: without_null(member) for key, member in value.items() if member is not None}
    return [without_null(member) for member in value] if isinstance(value, list) else value


def _lines(rng: random.Random, path: tuple[str, ...], table: Mapping[str, Any]) -> Iterator[str]:
    """A table: plain values first, then what gets a header of its own."""
    later: list[tuple[str, Any]] = []
    for key, value in table.items():
        if isinstance(value, Mapping):
            form = rng.choice(["header", "dotted", "inline"])
            if form == "header":
                later.append((key, value))
            elif form == "dotted" and value:
                yield from _dotted(rng, (key,), value)
            else:
                yield f"{_key(rng, key)} = {_value(rng, value)}"
        elif _is_tables(value) and rng.random() < 0.5:
            later.append((key, value))
        else:
            yield f"{_key(rng, key)} = {_value(rng, value)}"
    for key, value in later:
        header = ".".join(_key(rng, part) for part in (*path, key))
        for member in value if isinstance(value, list) else [value]:
            yield f"[[{header}]]" if isinstance(value, list) else f"[{header}]"
            yield from _lines(rng, (*path, key), member)


def _dotted(rng: random.Random, path: tuple[str, ...], table: Mapping[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        if isinstance(value, Mapping) and value:
            yield from _dotted(rng, (*path, key), value)
        else:
            dot = rng.choice([".", " . "])
            yield f"{dot.join(_key(rng, part) for part in (*path, key))} = {_value(rng, value)}"


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(member, Mapping) for member in value)


def _key(rng: random.Random, key: str) -> str:
    bare = key and all(c.isascii() and (c.isalnum() or c in "_-") for c in key)
    return key if bare and rng.randrange(4) else _text(key)


def _value(rng: random.Random, value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(rng, key)} = {_value(rng, member)}" for key, member in value.items()) + "}"
    if isinstance(value, list):
        comma = rng.choice([", ", ",\n  "])
        return f"[{comma.join(_value(rng, member) for member in value)}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _any_text(rng, value)
    return _number(rng, value)


def _any_text(rng: random.Random, text: str) -> str:
    form = rng.choice(["basic", "escaped", "literal", "lines"])
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


def _number(rng: random.Random, value: int | float) -> str:
    if isinstance(value, int):
        forms = [str(value), f"{value:_}"] + ([hex(value), oct(value), bin(value), f"+{value}"] if value >= 0 else [])
        return str(rng.choice(forms))
    if not math.isfinite(value):
        return str(value)
    text = json.dumps(value)
    return str(rng.choice([text, f"{value:.17e}"]))
