"""Safe text: what is refused, what a terminal is given instead, and that JSON keeps its values."""

from __future__ import annotations

import json
import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studies.text import LINE_PATTERN, TEXT_PATTERN, UNSAFE, is_safe_line, is_safe_text, json_text
from studies.text import printable as shown

UNSAFE_ONES = [
    *("\x00", "\x07", "\x1b", "\x7f", "\x85", "\x9b", "\x9d", "\xad", "\u061c", "\u200b", "\u200c", "\u200d", "\u200e"),
    *("\u2028", "\u2029", "\u202a", "\u202e", "\u2060", "\u2066", "\u2069", "\u3164", "\ufeff", "\ufff9", "\ud800"),
    *("\U000e0041", "\U000e01ef", "\ufe00"),
]
SAFE_ONES = ["", "plain", "ηα – ≤ 1", "ÅÅ e\u0301", "❤\ufe0f", "👍🏽", "日本語", "العربية", "a\u00a0b", "\\x1b[31m"]


@pytest.mark.parametrize("character", UNSAFE_ONES)
def test_characters_that_act_instead_of_being_seen_are_unsafe(character: str) -> None:
    assert not is_safe_line(f"a{character}b") and not is_safe_text(f"a{character}b")
    assert UNSAFE.search(shown(f"a{character}b")) is None


@pytest.mark.parametrize("text", SAFE_ONES)
def test_everything_that_is_seen_is_safe_and_stays_as_it_is(text: str) -> None:
    assert is_safe_line(text) and is_safe_text(text) and shown(text) == text


def test_controls_and_bidi_controls_are_unsafe_without_exception() -> None:
    every = map(chr, range(sys.maxunicode + 1))
    bidi = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}
    acting = [c for c in every if unicodedata.category(c) in {"Cc", "Cs"} or unicodedata.bidirectional(c) in bidi]
    assert len(acting) == 65 + 9 + 2048 and not any(map(is_safe_line, acting))


@pytest.mark.parametrize(("text", "lines"), [("a\nb", True), ("a\r\nb\tc", True), ("a\rb", False), ("\r", False)])
def test_only_a_text_of_several_lines_has_line_ends_and_tabs(text: str, lines: bool) -> None:
    assert is_safe_text(text) is lines and not is_safe_line(text)


@given(st.text())
def test_the_patterns_of_the_json_schema_say_the_same(text: str) -> None:
    assert bool(re.fullmatch(LINE_PATTERN, text)) is is_safe_line(text)
    assert bool(re.fullmatch(TEXT_PATTERN, text)) is is_safe_text(text)


def test_escapes_name_the_character() -> None:
    assert shown("\x1b[31m\x9b\u202e\U000e0041\n") == r"\x1b[31m\x9b\u202e\U000e0041\x0a"
    assert shown("a\n\tb\r", keep="\n\t") == "a\n\tb\\x0d"


@given(st.recursive(st.text(st.characters()), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_json_keeps_its_values_and_holds_no_unsafe_character(value: object) -> None:
    for indent in (None, 2):
        text = json_text(value, indent=indent)
        assert json.loads(text) == value and UNSAFE.search(text.replace("\n", "")) is None


def test_json_leaves_what_is_seen_as_it_is() -> None:
    assert json_text({"η": "–", "x": "\x9b\ud800\U000e0041"}) == r'{"η": "–", "x": "\u009b\ud800\udb40\udc41"}'
