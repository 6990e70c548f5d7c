"""A document's text, JSON or TOML, as plain values. Nothing is validated here but the form."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal

from studies.errors import Problem, SpecError
from studies.language.validation import joined, key_text

MAX_BYTES = 262_144  # a study file; far above any honest one
Form = Literal["json", "toml"]


def read(document: str | bytes, form: Form) -> Any:
    """The values of a document.

    Args:
        document: text, or its bytes in UTF-8; a byte order mark is ignored.
        form: "json" or "toml".

    Raises:
        SpecError: the text is too large, no UTF-8 or not well-formed, or an object has a key twice.
    """
    if len(document) > MAX_BYTES:
        raise _refused(f"the document has more than {MAX_BYTES:,} bytes; a study needs far less")
    try:
        text = document.decode("utf-8-sig") if isinstance(document, bytes) else document.removeprefix("\ufeff")
        values = tomllib.loads(text) if form == "toml" else json.loads(text, object_pairs_hook=_object)
        repeated = list(_repeated(values))
    except UnicodeDecodeError:
        raise _refused("the document is not UTF-8 text; save it as UTF-8") from None
    except RecursionError:
        raise _refused("the document is nested too deeply") from None
    except ValueError as error:
        raise _refused(f"not well-formed {form.upper()}: {error}") from None
    if repeated:
        raise SpecError(repeated)
    return values


class _Object(dict[str, Any]):
    """A JSON object, and the keys that its text has more than once."""

    repeated: tuple[str, ...] = ()


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    found = _Object(pairs)
    if len(found) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        found.repeated = tuple(key for key, count in counts.items() if count > 1)
    return found


def _repeated(value: Any, place: str = "") -> Iterator[Problem]:
    """A problem for each repeated key, its object's own path before it."""
    members: list[tuple[str, Any]] = []
    if isinstance(value, _Object):
        twice = "appears more than once in its object; keep one"
        yield from (Problem(joined(place, key_text(key)), twice) for key in value.repeated)
        members = list(value.items())
    elif isinstance(value, list):
        members = [(str(i), member) for i, member in enumerate(value)]
    for key, member in members:
        if isinstance(member, _Object | list):
            yield from _repeated(member, joined(place, key_text(key)))


def _refused(text: str) -> SpecError:
    return SpecError([Problem("", text)])
