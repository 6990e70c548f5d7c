"""A document's text: what is not well-formed is refused in words, and a key that appears twice by its path."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studies.errors import Problem, SpecError
from studies.language.reading import MAX_BYTES, read
from studies.language.spec import parse


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "not well-formed JSON"),
        (b"{", "not well-formed JSON"),
        (b'{"name": "a",}', "not well-formed JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (
            b'{"name": "a", "title": "\\ud800"}',
            "title: holds half of a surrogate pair .line 1, column 25.; write the whole",
        ),
        (b'{"name": "a",\n "title": "\\ud83d\\ude00\\\\ud800\\udc00"}', "line 2, column 31"),
        (b'{"seed": ' + b"9" * 5000 + b"}", "seed: is a whole number of more than 30 digits, which no field takes"),
        (b'{"seed": -' + b"9" * 400 + b"}", "seed: is a whole number of more than 30 digits"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" * 33 + b"]" * 33, "nested more than 32 levels deep"),
        (b" " * (MAX_BYTES + 1), "more than"),
    ],
)
def test_malformed_documents_are_refused(text: bytes, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        parse(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "not well-formed TOML"),
        ("seed = " + "9" * 5000, "line 1: a number or a bare key has more than 200 characters; shorten it"),
        ("[a]\nseed = " + "9" * 100, "a.seed: is a whole number of more than 30 digits"),
        ("name = 2026-01-01", "name: is a date, which no field takes; write text in quotes"),
        ("a" + ".a" * 12_000 + "=1", "line 1: a key has more than 8 parts"),
    ],
)
def test_malformed_toml_is_refused(text: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        parse(text, form="toml")


def test_no_refusal_speaks_of_python() -> None:
    for form in ("json", "toml"):
        for text in ("9" * 5000, '{"a": ' + "9" * 5000 + "}", "a = " + "9" * 5000, "a = 0x" + "f" * 190):
            with pytest.raises(SpecError) as caught:
                parse(text, form=form)
            assert "sys." not in str(caught.value)


def test_a_mapping_is_checked_like_text() -> None:
    for value, fault in ((10**5000, "30 digits"), ("\udcff", "surrogate"), (object(), "is an object|is a object")):
        with pytest.raises(SpecError, match=f"title: .*{fault}"):
            parse({"name": "a", "title": value})


TWICE = "appears more than once in its object; keep one"


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ('{"name": "a", "name": "b"}', ["name"]),
        ('{"name": "a", "name": "b", "name": "c", "seed": 1, "seed": 1}', ["name", "seed"]),
        (
            '{"claim": {"eta": 1, "eta": 2}, "contexts": [{}, {"epochs": 1, "epochs": 2}]}',
            ["claim.eta", "contexts.1.epochs"],
        ),
        ('[[{"a": 1, "a": 2}]]', ["0.0.a"]),
        ('{"' + "k" * 100 + '": 1, "' + "k" * 100 + '": 2}', ["k" * 80]),
        (r'{"\ud800": {"\u001b[2J": 1, "\u001b[2J": 2}}', [r"\ud800.\x1b[2J"]),
    ],
)
def test_a_key_that_appears_twice_is_named_by_its_path(text: str, fields: list[str]) -> None:
    with pytest.raises(SpecError) as caught:
        read(text, "json")
    twice = [problem for problem in caught.value.problems if problem.text == TWICE]
    assert twice == [Problem(field, TWICE) for field in fields]


def test_text_becomes_plain_values() -> None:
    assert read('{"a": [1, {"b": null}]}', "json") == {"a": [1, {"b": None}]}
    assert read(b"\xef\xbb\xbfa = 1\n[b]\nc = [true]\n", "toml") == {"a": 1, "b": {"c": [True]}}


@given(text=st.binary(max_size=200) | st.text(max_size=200))
def test_arbitrary_text_is_refused_in_words(text: bytes | str) -> None:
    for form in ("json", "toml"):
        with pytest.raises(SpecError):
            parse(text, form=form)
