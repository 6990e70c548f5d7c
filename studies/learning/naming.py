"""Entries by their names, and the name by which people read of one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from studies.learning.entry import Entry

RECONSTRUCTION = "reconstruction"
AnEntry = TypeVar("AnEntry", bound=Entry)


def found(entries: Iterable[AnEntry], name: str) -> AnEntry:
    """The entry of this name.

    Raises:
        KeyError: there is none.
    """
    for entry in entries:
        if entry.name == name:
            return entry
    raise KeyError(name)


def shown_name(entry: Entry) -> str:
    """The name that pages, tables and reports show: with the word "reconstruction" where no source gives all of it."""
    return marked(entry.name, entry.reconstruction)


def marked(name: str, is_reconstruction: bool) -> str:
    """A name, with the word "reconstruction" where what it names is one and the name does not say so itself."""
    return f"{name} ({RECONSTRUCTION})" if is_reconstruction and RECONSTRUCTION not in name else name


def capital(text: str) -> str:
    """A phrase of an entry as the beginning of a sentence."""
    return f"{text[:1].upper()}{text[1:]}"


def listed(names: Iterable[str], word: str = "or") -> str:
    """Names in a sentence: "a", "a or b", "a, b or c"."""
    *most, last = names
    return f"{', '.join(most)} {word} {last}" if most else last
