"""In which fields documents differ: of two as one sentence says it, of several as a table does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studies.errors import cut
from studies.language.spec import StudySpec

MOST_NAMED = 3
MOST_VALUE, MOST_PATH = 40, 80  # characters
ABSENT = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that is not the same in all documents, with what each of them says, shortened."""

    path: str
    values: tuple[str, ...]


def differing(there: StudySpec, here: StudySpec) -> str:
    """The fields in which a document that is there differs from another one, the first few; "" where none does.

    Such as "claim.tolerance_factor: 2.0 there, 8.0 here". A field that one of them lacks has its default.
    """
    found = differences((there, here))
    said = [f"{each.path}: {each.values[0]} there, {each.values[1]} here" for each in found]
    more = [f"and {len(said) - MOST_NAMED} more"] if len(said) > MOST_NAMED else []
    return "; ".join([*said[:MOST_NAMED], *more])


def differences(documents: Sequence[StudySpec]) -> tuple[Difference, ...]:
    """The fields in which these documents are not all alike, in the order of the documents."""
    found = _fields("", [document.model_dump(mode="json") for document in documents])
    return tuple(Difference(cut(path, MOST_PATH), tuple(map(_shown, values))) for path, values in found)


def _fields(path: str, values: Sequence[Any]) -> Iterator[tuple[str, Sequence[Any]]]:
    """Paths of the innermost values that are not all alike, with all of them."""
    if all(isinstance(value, Mapping) for value in values):
        for key in dict.fromkeys(key for value in values for key in value):
            yield from _fields(f"{path}.{key}" if path else key, [value.get(key, ABSENT) for value in values])
    elif all(isinstance(value, list) for value in values) and len({len(value) for value in values}) == 1:
        for i in range(len(values[0])):
            yield from _fields(f"{path}.{i}", [value[i] for value in values])
    elif any(value != values[0] for value in values[1:]):
        yield path, values


def _shown(value: Any) -> str:
    return "not stated" if value is ABSENT else cut(json.dumps(value, ensure_ascii=False), MOST_VALUE)
