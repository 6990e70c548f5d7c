"""What an unknown word of a document probably means: the nearest of the words that are known there."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel

ALIKE = 0.6  # share of equal letters, as `difflib` counts it
MOST_COMPARED = 100  # characters of a word; a longer one means nothing
_QUOTED = re.compile(r"'([^']+)'")


def nearest(word: str, known: Sequence[str], alike: float = ALIKE) -> str | None:
    """The known word that is most like another, of equals the first; None where none is alike by this share."""
    found = get_close_matches(word, known, n=1, cutoff=alike)
    return found[0] if found else None


def guess(word: object, known: Collection[str]) -> str:
    """ "; did you mean X?" for the end of a sentence about an unknown word; "" where no known word is alike."""
    if not isinstance(word, str) or len(word) > MOST_COMPARED:
        return ""
    near = nearest(word.lower(), sorted(known))
    return f"; did you mean `{near}`?" if near else ""


def quoted(text: str) -> list[str]:
    """The words that stand in quotation marks in a list of pydantic's, such as "'fixed' or 'sequential'"."""
    return _QUOTED.findall(text)


def fields_at(model: type[BaseModel], place: Sequence[str | int]) -> set[str]:
    """Names of the fields that may stand where an error was found.

    Args:
        model: of the whole document.
        place: of the error, as pydantic gives it: keys, indices, and tags of kinds; its last part is not looked at.
    """
    here: list[type[BaseModel]] = [model]
    for part in place[:-1]:
        if isinstance(part, int):
            continue
        inner = [m for each in here if part in each.model_fields for m in _models(each.model_fields[part].annotation)]
        here = inner or [each for each in here if _is_tagged(each, part)] or here
    return {name for each in here for name in each.model_fields}


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a value of this type may be, or hold in a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(getattr(annotation, "__value__", annotation)):
        yield from _models(argument)


def _is_tagged(model: type[BaseModel], tag: str) -> bool:
    kind = model.model_fields.get("kind")
    return kind is not None and tag in get_args(kind.annotation)
