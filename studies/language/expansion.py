"""Contexts written out in a document: where each came from, and a name for each. Axes and arms share it."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from studies.language.validation import BUILT_IN, EXTERNAL, SLUG

LONGEST_NAME = 63
_OF_CONTEXT = re.compile(r"contexts\.(\d+)(?:\.(.*))?", re.DOTALL)
Location = tuple[str | int, ...]  # the place of an error, as pydantic gives it


class Origin(Protocol):
    """The place that a context was made of."""

    def written(self, path: str) -> str:
        """A place within the context, as a path in the document that came in."""


AnOrigin = TypeVar("AnOrigin", bound=Origin)


@dataclass(frozen=True)
class Expansion(Generic[AnOrigin]):
    """A document with contexts written out, and where each context came from; none where nothing was expanded."""

    data: Any
    origins: tuple[AnOrigin, ...] = ()

    def written(self, place: str) -> str:
        """A place in the expanded document, as a path in the one that came in."""
        found = _OF_CONTEXT.fullmatch(place)
        if found is None or int(found[1]) >= len(self.origins):
            return place
        return self.origins[int(found[1])].written(found[2] or "")

    def origin(self, location: Location) -> AnOrigin | None:
        """Where the context of an error came from; None for an error elsewhere."""
        at = location[1] if len(location) > 1 and location[0] == "contexts" else None
        return self.origins[at] if isinstance(at, int) and at < len(self.origins) else None


def within(location: Location) -> tuple[str, ...]:
    """The place of an error within its context, without the tag of who trains it."""
    return tuple(str(part) for part in location[2:] if part not in (BUILT_IN, EXTERNAL))


def free_name(base: str, end: str, taken: set[str]) -> str:
    """A name of two parts that is not taken, and is from now on; long parts are cut."""
    for count in itertools.count(1):
        last = end if count == 1 else f"{end}-{count}"
        last = last[-(LONGEST_NAME - 2) :].lstrip("-")
        name = f"{base[: LONGEST_NAME - len(last) - 1].rstrip('-')}-{last}"
        if name not in taken:
            taken.add(name)
            return name
    raise AssertionError("there is no end to names")


def is_slug(name: Any) -> bool:
    """True for a name that a context or an arm may have."""
    return isinstance(name, str) and re.fullmatch(SLUG, name) is not None
