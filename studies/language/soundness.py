"""Values that text can hold and no document may: repeated keys, endless nesting, endless numbers, half characters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from studies.errors import MOST_LISTED, Problem, SpecError
from studies.language.validation import key_text

MAX_DEPTH = 32  # objects and lists inside one another; a study has five
MAX_DIGITS = 30  # of a whole number; no field takes half as many
_HALF = "half of a surrogate pair"
_TOO_LARGE = 10**MAX_DIGITS


class RepeatedKeys(dict[str, Any]):
    """A JSON object whose text has keys more than once, and these keys."""

    repeated: tuple[str, ...] = ()


class _Place(NamedTuple):
    """Where a value lies; the path is put together only where it is shown."""

    above: _Place | None
    key: str | int

    def path(self) -> str:
        above = f"{self.above.path()}." if self.above else ""
        return above + key_text(self.key)


def require_sound(value: Any, half_at: Callable[[], str] = str) -> None:
    """Check everything that a document holds, whatever it is a document of.

    Args:
        value: plain values, as a parser gives them.
        half_at: where in the text the first half of a character stands, such as " (line 1, column 17)".

    Raises:
        SpecError: a key is repeated, a number or the nesting has no end, or a text holds half a character; each with
            its field.
    """
    found = _faults(value, None, 1)
    first = [(place.path() if place else "", text) for place, text in islice(found, MOST_LISTED)]
    if first:
        where = half_at() if any(_HALF in text for _, text in first) else ""
        listed = [Problem(field, text.replace(_HALF, _HALF + where)) for field, text in first]
        raise SpecError(listed, unlisted=sum(1 for _ in found))


def _faults(value: Any, place: _Place | None, depth: int) -> Iterator[tuple[_Place | None, str]]:
    """The faults in the order of the document. The limit of the nesting is that of the recursion, too."""
    if depth > MAX_DEPTH:
        yield place, f"is nested more than {MAX_DEPTH} levels deep; a study has five"
        return
    if isinstance(value, dict):
        yield from _key_faults(value, place)
        members: Iterator[tuple[str | int, Any]] = iter(value.items())
    elif isinstance(value, list | tuple):
        members = enumerate(value)
    else:
        members = iter(())
        if (text := _fault(value)) is not None:
            yield place, text
    for key, member in members:
        if isinstance(member, dict | list | tuple):
            yield from _faults(member, _Place(place, key), depth + 1)
        elif (text := _fault(member)) is not None:
            yield _Place(place, key), text


def _key_faults(value: dict[Any, Any], place: _Place | None) -> Iterator[tuple[_Place, str]]:
    for key in value.repeated if isinstance(value, RepeatedKeys) else ():
        yield _Place(place, key), "appears more than once in its object; keep one"
    for key in value:
        if _is_broken(str(key)):
            yield _Place(place, str(key)), f"is a key with {_HALF}; write the whole character"


def _fault(value: object) -> str | None:
    """The fault of a single value, None where it has none."""
    if isinstance(value, str):
        return f"holds {_HALF}; write the whole character" if _is_broken(value) else None
    if value is None or isinstance(value, float | bool):
        return None
    if isinstance(value, int):
        too_large = not -_TOO_LARGE < value < _TOO_LARGE
        text = f"is a whole number of more than {MAX_DIGITS} digits, which no field takes; write a smaller one"
        return text if too_large else None
    return f"is a {type(value).__name__}, which no field takes; write text in quotes"


def _is_broken(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
