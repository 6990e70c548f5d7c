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
        (b'{"name": "a", "title": "\\ud800"}', "title: holds half of a surrogate pair"),
        (b"[" * 100_000, "nested too deeply|more than"),
        (b" " * (MAX_BYTES + 1), "more than"),
    ],
)
def test_malformed_documents_are_refused(text: bytes, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        parse(text)


def test_malformed_toml_is_refused() -> None:
    with pytest.raises(SpecError, match="not well-formed TOML"):
        parse("name = ", form="toml")


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
    assert list(caught.value.problems) == [Problem(field, TWICE) for field in fields]


def test_text_becomes_plain_values() -> None:
    assert read('{"a": [1, {"b": null}]}', "json") == {"a": [1, {"b": None}]}
    assert read(b"\xef\xbb\xbfa = 1\n[b]\nc = [true]\n", "toml") == {"a": 1, "b": {"c": [True]}}


@given(text=st.binary(max_size=200) | st.text(max_size=200))
def test_arbitrary_text_is_refused_in_words(text: bytes | str) -> None:
    for form in ("json", "toml"):
        with pytest.raises(SpecError):
            parse(text, form=form)
