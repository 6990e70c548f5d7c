"""A document whose contexts state axes, with a context of each value in their place.

A parsed document has its axes written out: contexts that follow each other, one for each value in the axis' order. They
differ in that value and in their names, and each has the axis that it belongs to. Such a document is expanded no
further, so that it reads back as itself. Faults are named by their place in the document as the user wrote it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studies.errors import Problem, SpecError
from studies.language.axis import MOST, value_slug
from studies.language.axis_stated import Stated, fixes, held, stated_axis, with_value, without_value
from studies.language.expansion import Expansion, Location, free_name, is_slug, within
from studies.language.external import ExternalContext
from studies.language.own import named_context
from studies.language.validation import (
    InconsistentError,
    joined,
    key_text,
    shown,
)


@dataclass(frozen=True, slots=True)
class _Origin:
    """The place that a context has in the document as it was written: its own, or that of an axis and a value."""

    context: int
    axis: Stated | None = None
    value: int = 0

    def is_own(self, parts: tuple[str, ...]) -> bool:
        """True for a place within the context that belongs to the axis' number."""
        if self.axis is None or not parts:
            return False
        outer, *inner = self.axis.field.place
        return parts[0] == outer and all(part in parts[1:] for part in inner)

    def written(self, path: str) -> str:
        """A place within the context, as a path in the document."""
        here = f"contexts.{self.context}"
        if self.axis is not None and self.is_own(tuple(path.split("."))):
            return f"{here}.axis.{key_text(self.axis.written)}.{self.value}"
        return joined(here, path)


class Expanded(Expansion[_Origin]):
    """A document with its axes written out."""

    def repeats(self, location: Location) -> bool:
        """True for an error that the first context of an axis has as well."""
        origin = self.origin(location)
        return origin is not None and origin.value > 0 and not origin.is_own(within(location))


def expanded(data: Any) -> Expanded:
    """The document with a context of each value of its axes.

    Args:
        data: plain values, not validated yet; odd ones stay for the models to refuse.

    Raises:
        SpecError: an axis is none, its contexts fix the number themselves, or there are too many contexts.
    """
    contexts = data.get("contexts") if isinstance(data, Mapping) else None
    if not isinstance(contexts, list) or not any(_has_axis(context) for context in contexts):
        return Expanded(data)
    found = _Reading(contexts).read()
    return Expanded({**data, "contexts": found.made}, tuple(found.origins))


def folded(data: Mapping[str, Any]) -> dict[str, Any]:
    """A parsed document with each axis in one context again, as a user would write it; it means the same."""
    kept: list[Any] = []
    left = list(data["contexts"])
    while left:
        one = _one(left[0]) if _has_axis(left[0]) else None
        made = [] if one is None else expanded({"contexts": [one]}).data["contexts"]
        is_whole = bool(made) and made == left[: len(made)]
        kept.append(one if is_whole else left[0])
        del left[: len(made) if is_whole else 1]
    found = {**data, "contexts": kept}
    return found if expanded(found).data == data else dict(data)


def _one(first: Mapping[str, Any]) -> dict[str, Any]:
    """The context that an axis, of which this is the first context, was made of, by the usual names."""
    axis = stated_axis(first)
    found = without_value(first, axis.field)
    return {**found, "name": str(first["name"]).removesuffix(f"-{value_slug(axis.values[0])}")}


class _Reading:
    """The contexts of a document as they are read: first those that stay, then those that an axis makes."""

    def __init__(self, contexts: list[Any]) -> None:
        self.contexts = contexts
        self.problems: list[Problem] = []
        self.axes = [self._axis(at) for at in range(len(contexts))]
        self.made: list[Any] = []
        self.origins: list[_Origin] = []
        self.kept: set[int] = set()  # places of contexts that stay as they are
        self.taken: set[str] = set()

    def read(self) -> _Reading:
        """Read all contexts.

        Raises:
            SpecError: as of `expanded`.
        """
        self._sort()
        self._count()
        if self.problems:
            raise SpecError(self.problems)
        self.taken = {_name(self.contexts[at]) for at in self.kept}
        for at, axis in enumerate(self.axes):
            if axis is None or at in self.kept:
                self._keep(at, axis)
            else:
                self._expand(at, axis)
        return self

    def _axis(self, at: int) -> Stated | None:
        if not _has_axis(self.contexts[at]):
            return None
        try:
            return stated_axis(self.contexts[at])
        except InconsistentError as error:
            self.problems += [Problem(joined(f"contexts.{at}", place), text) for place, text in error.problems]
            return None

    def _sort(self) -> None:
        """Find the contexts that stay: those without an axis, and those of an axis that is written out."""
        at = 0
        while at < len(self.axes):
            axis = self.axes[at]
            group = 1 if axis is None else self._reach(at, axis)
            faults = [] if axis is None else list(_group_faults(self.contexts[at : at + group], at, axis))
            if faults and axis is not None and not fixes(self.contexts[at], axis.field):
                at += 1  # to be expanded
                continue
            self.problems += faults
            self.kept |= set(range(at, at + group))
            at += group

    def _reach(self, at: int, axis: Stated) -> int:
        """The number of contexts from a place on that have one axis, at most as many as it has values."""
        ahead = self.axes[at : at + len(axis.values)]
        return next((i for i, one in enumerate(ahead) if one is None or one.canonical != axis.canonical), len(ahead))

    def _count(self) -> None:
        """Refuse names that are used twice, and more contexts than a study may have."""
        count = sum(1 if axis is None or at in self.kept else len(axis.values) for at, axis in enumerate(self.axes))
        if count > MOST and len(self.contexts) <= MOST:
            text = f"are {count:,} with each value of every axis counted, more than the {MOST} allowed; shorten an axis"
            self.problems.append(Problem("contexts", text))
        names = [_name(context) for context in self.contexts]
        for at, axis in enumerate(self.axes):
            if axis is not None and at not in self.kept and names[at] in names[:at]:
                text = f"is {names[at]!r}, as an earlier context's; give each its own name"
                self.problems.append(Problem(f"contexts.{at}.name", text))

    def _keep(self, at: int, axis: Stated | None) -> None:
        context = self.contexts[at]
        self.made.append(context if axis is None else {**context, "axis": axis.canonical})
        self.origins.append(_Origin(at))

    def _expand(self, at: int, axis: Stated) -> None:
        context = self.contexts[at]
        base = _name(context)
        for i, value in enumerate(axis.values):
            made = {**with_value(context, axis.field, value), "axis": axis.canonical}
            if is_slug(base):  # of another name the model says what is wrong
                made["name"] = free_name(base, value_slug(value), self.taken)
            self.made.append(made)
            self.origins.append(_Origin(at, axis, i))


def _has_axis(context: Any) -> bool:
    return isinstance(context, Mapping) and context.get("axis") is not None


def _name(context: Any) -> str:
    """The name that a context has or gets; "" of an odd one."""
    if not isinstance(context, Mapping):
        return ""
    usual = ExternalContext.model_fields["name"].default if "trainer" in context else named_context(context)["name"]
    name = context.get("name", usual)
    return name if isinstance(name, str) else ""


def _group_faults(group: Sequence[Mapping[str, Any]], at: int, axis: Stated) -> Iterator[Problem]:
    """What keeps contexts of one axis, the first at a place, from being that axis written out."""
    place, field = f"contexts.{at}.axis.{key_text(axis.written)}", axis.field
    found = [held(context, field) for context in group]
    if len(group) == 1:
        text = f"is a number that the context fixes itself, at {shown(found[0])}; remove it there, or remove the axis"
        yield Problem(place, text)
    elif found != axis.values:
        text = f"has {len(axis.values)} values, and its contexts have {', '.join(map(shown, found))}"
        yield Problem(place, f"{text}; write a context of each value in the same order, or one without the number")
    else:
        plain = [
            {**without_value(context, field), "name": None, "axis": None, **_plain_arm(context)} for context in group
        ]
        for i, context in enumerate(plain):
            odd = [key for key in {**plain[0], **context} if context.get(key, _ABSENT) != plain[0].get(key, _ABSENT)]
            for key in odd:
                text = f"differs from the first context of its axis, `contexts.{at}`; state it alike in all of them"
                yield Problem(f"contexts.{at + i}.{key_text(key)}", text)


def _plain_arm(context: Mapping[str, Any]) -> dict[str, Any]:
    """The arm of a context of a comparison without the name of its context, which has the axis' number in it."""
    arm = context.get("arm")
    return {"arm": {**arm, "context": None}} if isinstance(arm, Mapping) else {}


_ABSENT = object()
