"""A document's text, JSON or TOML, as plain values. Nothing is validated here but the form.

Every text that comes from outside is read here: studies, tables of trials and extensions sent over HTTP, files and
`--set` values on the command line. Whatever the text, reading takes time and memory proportional to its length.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from typing import Any, Literal

from studies.errors import Problem, SpecError
from studies.language.soundness import MAX_DIGITS, RepeatedKeys, require_sound
from studies.language.toml_shape import require_toml_shape

MAX_BYTES = 262_144  # a study file; far above any honest one
Form = Literal["json", "toml"]
_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)


def read(document: str | bytes, form: Form, *, max_bytes: int = MAX_BYTES) -> Any:
    """The values of a document.

    Args:
        document: text, or its bytes in UTF-8; a byte order mark is ignored.
        form: "json" or "toml".
        max_bytes: the largest size.

    Raises:
        SpecError: the text is too large, no UTF-8 or not well-formed, an object has a key twice, or a number, the
            nesting or a dotted key has no end.
    """
    if len(document) > max_bytes:
        raise _refused(f"the document has more than {max_bytes:,} bytes; send a smaller one")
    try:
        text = document.decode("utf-8-sig") if isinstance(document, bytes) else document.removeprefix("\ufeff")
        values = _toml(text) if form == "toml" else json_values(text)
    except UnicodeDecodeError:
        raise _refused("the document is not UTF-8 text; save it as UTF-8") from None
    except RecursionError:
        raise _refused("the document is nested too deeply") from None
    except SpecError:
        raise
    except ValueError as error:
        raise _refused(f"not well-formed {form.upper()}: {error}") from None
    return values


def json_values(text: str) -> Any:
    """The values of a JSON text.

    Raises:
        SpecError: as `read`, but for what is not well-formed.
        ValueError, RecursionError: it is not well-formed, or nested too deeply for the parser.
    """
    values = json.loads(text, object_pairs_hook=_object, parse_int=_whole)
    require_sound(values, half_at=lambda: _half_at(text))
    return values


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    marked = RepeatedKeys(found)
    marked.repeated = tuple(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
    return marked


def _whole(digits: str) -> int:
    """A whole number; of one that is too long the beginning, which is too long as well."""
    return int(digits[: MAX_DIGITS + 2])


def _half_at(text: str) -> str:
    """The place of the first escape that stands for half a character."""
    for escape in _ESCAPE.finditer(text):
        if escape[1]:
            before = text[: escape.start()]
            return f" (line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))})"
    return ""


def _toml(text: str) -> Any:
    require_toml_shape(text)
    values = tomllib.loads(text)
    require_sound(values)
    return values


def _refused(text: str) -> SpecError:
    return SpecError([Problem("", text)])
