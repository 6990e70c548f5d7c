"""The shape of a TOML text: bombs are refused before they are read, and no document that a study could be is."""

from __future__ import annotations

import json
import time
import tomllib
import tracemalloc
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from worst_inputs import TOML

from studies.errors import SpecError
from studies.language import catalogue
from studies.language.reading import MAX_BYTES, read
from studies.language.spec import parse
from studies.language.toml_shape import MAX_ITEMS, MAX_NESTING, MAX_PARTS, require_toml_shape

TRICKY = [
    "a.b.c.d.e.f.g.h = 1.5",
    "a . b\t.c = [1.5, 2.5, 1e3, 1979-05-27T07:32:00.5Z]  # a.b.c.d.e.f.g.h.i.j",
    '\'a.b.c\'."d.e.f"."g\\".h" = \'i.j.k.l.m.n.o.p.q.r\'',
    'a = "a.b.c.d.e.f.g.h.i.j \\" # [[[[ {{{{ = , \\\\"\nb = 1',
    'a = """\na.b.c.d.e.f.g.h.i.j.k = 1 "" \\""" [[[[[[[[\n"""""\nb = 1',
    "a = '''\na.b.c.d.e.f.g.h.i.j.k = 1 '' \\\n'''''\nb = 1",
    "a = \"\"\"\"\"\"\nb = ''''''\nc = \"\"\nd = ''",
    "[a.b.c]\nd = {e.f = 1, g = [{h = 1}, {h = 2}]}\n[[a.b.x]]\n[a.b.x.y]\n[[a.b.x]]",
    'description = """' + "[ . = , ] " * 5_000 + '"""',
    "a = [\n" + "  # [[[[ a.b.c.d.e.f.g.h.i.j\n  [1, 2], # ]\n" * 200 + "]",
    "a = " + "[" * MAX_NESTING + "]" * MAX_NESTING,
]
WORDS = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]) | st.sampled_from(".[]{}=,#'\"\\\n"))
SCALARS = st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(
    SCALARS, lambda v: st.lists(v, max_size=4) | st.dictionaries(TEXTS, v, min_size=1, max_size=3), max_leaves=20
)
QUIET = hypothesis_settings(
    max_examples=300, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A legal TOML text in many styles: comments, dotted and quoted keys, headers, every kind of string."""
    lines = []
    for number in range(draw(st.integers(0, 4))):
        lines.append(f"[{_key(draw, f'table{number}')}] # {draw(WORDS)}.a.b.c.d.e.f.g.h.i [[[ = {{")
        lines += [f"{_key(draw, f'key{n}')} = {_text(draw, draw(VALUES))}" for n in range(draw(st.integers(0, 4)))]
    return draw(st.sampled_from(["\n", "\r\n"])).join(lines)


def _key(draw: st.DrawFn, first: str) -> str:
    more = [
        json.dumps(part) if draw(st.booleans()) else f"x{n}" for n, part in enumerate(draw(st.lists(WORDS, max_size=3)))
    ]
    return draw(st.sampled_from([".", " . ", "\t."])).join([first, *more])


def _text(draw: st.DrawFn, value: Any) -> str:
    if isinstance(value, str):
        plain = json.dumps(value, ensure_ascii=True) if value.isascii() else _quoted(value)
        literal = f"'{value}'" if "'" not in value and value.isprintable() else plain
        lines = f"'''\n{value}'''" if "'" not in value and value.replace("\n", "").isprintable() else plain
        return draw(st.sampled_from([plain, literal, lines, '""' + plain + '""' if value else plain]))
    if isinstance(value, list):
        return "[" + ", ".join(_text(draw, member) for member in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(key)} = {_text(draw, member)}" for key, member in value.items()) + "}"
    return json.dumps(value)


def _quoted(text: str) -> str:
    return '"' + "".join(mark if mark.isalnum() else f"\\U{ord(mark):08x}" for mark in text) + '"'


@QUIET
@given(text=documents())
def test_no_legal_document_is_refused(text: str) -> None:
    tomllib.loads(text)
    require_toml_shape(text)


@pytest.mark.parametrize("text", TRICKY)
def test_what_looks_like_a_bomb_and_is_none(text: str) -> None:
    tomllib.loads(text)
    require_toml_shape(text)


def test_the_catalogue_and_the_largest_studies_pass() -> None:
    for entry in catalogue.entries():
        require_toml_shape(entry.toml)
    fields = 'dataset = "digits"\nimages = 1000\nnetwork = "mlp"\nepochs = 5\nbatch_size = 64\nweight_decay = 1e-4'
    contexts = "".join(f'[[contexts]]  # number {i}\nname = "c{i}"\n{fields}\n' for i in range(60))
    assert len(parse(f'name = "large"\nlosses = ["golden"]\n{contexts}', form="toml").contexts) == 60
    spec = parse(f'name = "large"\nlosses = ["golden"]\n{contexts}', form="toml").model_dump(mode="json")
    whole = "".join(
        "[[contexts]]\n"
        + "".join(f"{key} = {json.dumps(value)}\n" for key, value in context.items() if value is not None)
        for context in spec["contexts"]
    )
    points = ", ".join("{eta = 0.016, alpha = 0.874, loss = 'golden'}" for _ in range(100))
    require_toml_shape(f"{whole}[design]\nkind = 'cross_validation'\npoints = [{points}]")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("\n\na" + ".a" * MAX_PARTS + " = 1", f"line 3: a key has more than {MAX_PARTS} parts"),
        ("[a" + ' . "a.a"' * MAX_PARTS + "]", f"line 1: a key has more than {MAX_PARTS} parts"),
        ("a = {b" + ".'b'" * MAX_PARTS + " = 1}", f"line 1: a key has more than {MAX_PARTS} parts"),
        ("a = " + "[" * (MAX_NESTING + 1), f"nested more than {MAX_NESTING} levels deep"),
        ("a = " + "{a = " * (MAX_NESTING + 1), f"nested more than {MAX_NESTING} levels deep"),
        ("a = [" + "1," * MAX_ITEMS + "]", f"more than {MAX_ITEMS:,} values"),
        ("[a]\n" * (MAX_ITEMS + 1), f"more than {MAX_ITEMS:,} values"),
        ("a = 1" + "_1" * 150, "more than 200 characters"),
        ("a = 0." + "1" * 250, "more than 200 characters"),
    ],
)
def test_bombs_are_refused_by_line(text: str, fault: str) -> None:
    with pytest.raises(SpecError, match=fault):
        require_toml_shape(text)


@pytest.mark.parametrize("text", TOML.values(), ids=TOML)
def test_reading_takes_time_and_memory_in_proportion_to_the_length(text: bytes) -> None:
    assert len(text) <= MAX_BYTES
    tracemalloc.start()
    try:
        _read(text)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    began = time.process_time()  # of this process alone: a busy machine adds nothing
    _read(text)
    assert time.process_time() - began < 1.0  # the worst takes 0.1 s
    assert peak < 16 * 2**20


def _read(text: bytes) -> None:
    try:
        read(text, "toml")
    except SpecError as error:
        assert len(str(error)) < 10_000
