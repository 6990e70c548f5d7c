"""In which fields two documents differ, as one sentence says it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from studies.errors import cut
from studies.language.spec import StudySpec

MOST_NAMED = 3
MOST_VALUE, MOST_PATH = 40, 80  # characters
ABSENT = object()


def differing(there: StudySpec, here: StudySpec) -> str:
    """The fields in which a document that is there differs from another one, the first few; "" where none does.

    Such as "claim.tolerance_factor: 2.0 there, 8.0 here". A field that one of them lacks has its default.
    """
    found = list(_fields("", there.model_dump(mode="json"), here.model_dump(mode="json")))
    said = [f"{cut(path, MOST_PATH)}: {_shown(one)} there, {_shown(other)} here" for path, one, other in found]
    more = [f"and {len(said) - MOST_NAMED} more"] if len(said) > MOST_NAMED else []
    return "; ".join([*said[:MOST_NAMED], *more])


def _fields(path: str, there: Any, here: Any) -> Iterator[tuple[str, Any, Any]]:
    """Paths of the innermost values that differ, with both."""
    if isinstance(there, Mapping) and isinstance(here, Mapping):
        for key in dict.fromkeys((*there, *here)):
            yield from _fields(f"{path}.{key}" if path else key, there.get(key, ABSENT), here.get(key, ABSENT))
    elif isinstance(there, list) and isinstance(here, list) and len(there) == len(here):
        for i, (one, other) in enumerate(zip(there, here, strict=True)):
            yield from _fields(f"{path}.{i}", one, other)
    elif there != here:
        yield path, there, here


def _shown(value: Any) -> str:
    return "not stated" if value is ABSENT else cut(json.dumps(value, ensure_ascii=False), MOST_VALUE)
