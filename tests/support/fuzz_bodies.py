"""Bodies that no JSON Schema describes: study documents as TOML, and tables of foreign trials as CSV.

Most are what somebody could mean; the others are bent in one place: keys of many parts, values of another kind, lines
twice, cut ends, bytes that are no text, and the worst 256 KiB for the parser.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
from functools import cache
from typing import Any

import worst_inputs
from hypothesis import strategies as st
from schema_values import Draw, members, values
from toml_writing import as_toml

from studies.language import catalogue
from studies.language.spec import json_schema

COLUMNS = ("loss", "context", "fold", "repeat", "diverged", "state", "phase", "arm", "block", "trial", "n_test")
DECIMAL_POINT = re.compile(rb"(?<=\d)\.(?=\d)")  # of numbers, of which a table of rates has hundreds in a line
MOST_DOTS = 100  # in a line; the time and memory of `tomllib` grow with the square of a key's parts
ODD_VALUES = [
    *("1979-05-27", "1979-05-27T07:32:00Z", "07:32:00", "1979-05-27 07:32:00.999999-07:00", "inf", "-inf", "nan"),
    *("9" * 400, "-0", "0x10", "1_0", "１", "1e400", "1e-400", "0.1e", "[]", "{}", "[[]]", "{a = 1}", "''", '""'),
    *('"\\ud800"', '"\\U0010FFFF"', '"\\u0000"', '"\\u202e"', '"""\n\n"""', "'''\n'''", "true", "True", "null", ""),
    *('"../../etc/passwd"', "'=1+1'", '"<script>"', "{a.b.c.d.e.f.g.h.i = 1}", "9223372036854775808", "1" * 5_000),
]
ODD_CELLS = [
    *("", " ", "nan", "inf", "-inf", "1e400", "9" * 400, "1_0", "１", "0x10", "+1", "-1", "1.5", "1,5", "true", "TRUE"),
    *("'=1+1", "\u202e", "\x00", "\x1b[31m", '"', "a\nb", "golden", "COMPLETE", "FAIL", "claim", "null", "9" * 5_000),
]


class Acceptable(bytes):
    """A body that must be taken, unless a rule about its contents speaks against it."""


def toml_documents() -> st.SearchStrategy[bytes]:
    """Study documents in TOML, two thirds of them as their schema wants them."""
    good = st.one_of(as_toml(near_catalogue()), as_toml(values(json_schema())))
    near = as_toml(near_catalogue()).map(encoded)
    return st.one_of(near, near, good.map(encoded), bent(good), bent(good), st.sampled_from(_worst("TOML")))


def csv_tables() -> st.SearchStrategy[bytes]:
    """Tables of foreign trials in CSV, half of them as they should be."""
    return st.one_of(_tables(), _tables(), _bent_tables(), st.sampled_from(_worst("CSV")))


@st.composite
def near_catalogue(draw: Draw) -> dict[str, Any]:
    """A ready-made study under another name, with up to three fields that its schema allows."""
    document: dict[str, Any] = json.loads(draw(st.sampled_from(_catalogue())))
    fields = _fields()
    changed = {"name", *draw(st.lists(st.sampled_from(sorted(fields)), max_size=3))}
    return {**document, **{key: draw(fields[key]) for key in sorted(changed)}}


@st.composite
def bent(draw: Draw, texts: st.SearchStrategy[str]) -> bytes:
    """TOML with one thing wrong, or merely odd."""
    text = draw(texts)
    lines = text.split("\n")
    place = draw(st.integers(0, len(lines) - 1))
    key = lines[place].partition("=")[0].strip() or "name"
    parts = draw(st.sampled_from([2, 8, 9, 60, 2_000, 20_000]))
    part = draw(st.sampled_from(["a", '"a"', "'.'", " a "]))
    new = draw(
        st.sampled_from(
            [
                lines[place],
                f"{key} = {draw(st.sampled_from(ODD_VALUES))}",
                f"{key}.x = 1",
                f"{key}{f'.{part}' * parts} = 1",
                f"[{key}{f'.{part}' * parts}]",
                f"[{key}]\n[{key}]",
                f"[[{key}]]\n[{key}]",
                f"x = {{a{f'.{part}' * parts} = 1}}",
                f"{json.dumps(draw(st.text(max_size=5)))} = 1",
                draw(st.text(max_size=20)),
            ]
        )
    )
    lines.insert(place, new) if draw(st.booleans()) else lines.__setitem__(place, new)
    return _recoded(draw, "\n".join(lines))


def encoded(text: str) -> bytes:
    """UTF-8; halves of characters as the bytes that UTF-8 does not allow."""
    return text.encode("utf-8", "surrogatepass")


def read_toml(content: bytes) -> dict[str, Any] | None:
    """What the body says as TOML, a byte order mark aside; None for none, or for keys that take the parser too long."""
    lines = [line for line in content.splitlines() if not line.lstrip().startswith(b"#")]
    if any(DECIMAL_POINT.sub(b"", line).count(b".") > MOST_DOTS for line in lines):
        return None
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None


@st.composite
def _tables(draw: Draw) -> bytes:
    columns = ["eta", "alpha", "value", *draw(st.lists(st.sampled_from(COLUMNS), unique=True, max_size=4))]
    rows = draw(st.lists(st.tuples(*(_cell(column) for column in columns)), min_size=1, max_size=30))
    return Acceptable(_csv(draw, columns, rows))


@st.composite
def _bent_tables(draw: Draw) -> bytes:
    columns = ["eta", "alpha", "value", *draw(st.lists(st.sampled_from([*COLUMNS, "eta", "x", "", "Eta"]), max_size=5))]
    cells = st.one_of(st.sampled_from(["0.1", "0.5"]), st.sampled_from(ODD_CELLS), st.text(max_size=4))
    row = st.lists(cells, min_size=len(columns) - 1, max_size=len(columns) + 1)
    return _recoded(draw, _csv(draw, columns, draw(st.lists(row, max_size=5))).decode("utf-8", "surrogatepass"))


def _cell(column: str) -> st.SearchStrategy[Any]:
    few = st.integers(0, 3)
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "eta": st.floats(1e-3, 1.0),
        "alpha": st.floats(0.0, 0.98),
        "value": st.floats(0.0, 1.0),
        "loss": st.sampled_from(["golden", "sse"]),
        "context": st.sampled_from(["paper", "mine"]),
        "diverged": st.sampled_from(["true", "false"]),
        "state": st.just("COMPLETE"),
        "phase": st.just("map"),
        "arm": st.just("point"),
        "n_test": st.just(1000),
    }
    return kinds.get(column, few)


def _csv(draw: Draw, columns: list[str], rows: list[Any]) -> bytes:
    buffer = io.StringIO(newline="")
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    writer = csv.writer(buffer, lineterminator=draw(st.sampled_from(["\n", "\r\n"])), quoting=quoting)
    writer.writerow(columns)
    writer.writerows(rows)
    return encoded(buffer.getvalue())


def _recoded(draw: Draw, text: str) -> bytes:
    """The text in bytes, now and then cut, doubled, or in another encoding."""
    content = encoded(text)
    way = draw(st.sampled_from(["plain", "plain", "plain", "cut", "twice", "marked", "utf-16", "bytes"]))
    if way == "cut":
        return content[: draw(st.integers(0, len(content)))]
    if way == "utf-16":
        return text.encode("utf-16", "surrogatepass")
    more = {"twice": content, "bytes": draw(st.binary(max_size=8))}.get(way, b"")
    return (b"\xef\xbb\xbf" if way == "marked" else b"") + content + more


@cache
def _catalogue() -> list[str]:
    return [json.dumps(catalogue.load(name).model_dump(mode="json")) for name in catalogue.names()]


@cache
def _fields() -> dict[str, st.SearchStrategy[Any]]:
    return members(json_schema())


@cache
def _worst(parser: str) -> list[bytes]:
    return list(getattr(worst_inputs, parser).values())
