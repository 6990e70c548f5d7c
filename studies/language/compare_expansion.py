"""A document that compares, with a context of each of its contexts and arms in their place.

Axes are expanded before (`axis_expansion`). The contexts of one arm that belong to one axis follow each other, so that
an axis stays whole. A parsed document has its arms written out and reads back as itself. Faults are named by their
place in the document as it came in here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studies.errors import Problem, SpecError
from studies.language.axis import MOST
from studies.language.compare import CHANGED
from studies.language.context import Context
from studies.language.expansion import Expansion, Location, free_name, is_slug, within
from studies.language.own import named_context
from studies.language.validation import joined

KIND = "compare"
Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ArmOrigin:
    """The place that a context has in the document: its context's and its arm's, and what the arm changes of it."""

    context: int
    arm: int
    changed: frozenset[str]

    def written(self, path: str) -> str:
        """A place within the context, as a path in the document."""
        if path.split(".", 1)[0] in self.changed:
            return joined(f"design.arms.{self.arm}", path)
        return joined(f"contexts.{self.context}", path)


class Armed(Expansion[ArmOrigin]):
    """A document with its arms written out."""

    def repeats(self, location: Location) -> bool:
        """True for an error of a single field that the context's first arm has, too, or that the arm itself has."""
        origin, inner = self.origin(location), within(location)
        return origin is not None and bool(inner) and (origin.arm > 0 or inner[0] in origin.changed)

    def before(self, location: Location) -> Location:
        """The place of an error in the document before its arms were written out."""
        origin = self.origin(location)
        return location if origin is None else (location[0], origin.context, *location[2:])


def armed(data: Any) -> Armed:
    """The document with a context of each context and arm.

    Args:
        data: plain values, axes written out, not validated yet; odd ones stay for the models to refuse.

    Raises:
        SpecError: there are too many contexts, or some have one name.
    """
    arms = arms_of(data)
    contexts = (
        data.get("contexts", [{"name": Context.model_fields["name"].default}]) if isinstance(data, Mapping) else None
    )
    if not arms or not isinstance(contexts, list) or not contexts or any(_is_armed(each) for each in contexts):
        return Armed(data)
    if not all(isinstance(each, Mapping) and "trainer" not in each for each in contexts):
        return Armed(data)
    named = [named_context(each) for each in contexts]
    problems = [*_too_many(len(named), len(arms)), *_equal_names(named)]
    if problems:
        raise SpecError(problems)
    made, origins = _made(named, arms)
    return Armed({**data, "contexts": made}, tuple(origins))


def unarmed(data: Table) -> dict[str, Any]:
    """A parsed document with each context once again, as a user would write it; the same one for other designs."""
    arms = arms_of(data)
    if not arms or not all(_is_armed(each) for each in data["contexts"]):
        return dict(data)
    stated = {str(arm["name"]): _changed(arm) for arm in arms}
    groups: dict[str, dict[str, Any]] = {}
    for context in data["contexts"]:
        arm, name = context["arm"]["name"], context["arm"]["context"]
        kept = {key: value for key, value in context.items() if key != "arm" and key not in stated.get(arm, ())}
        groups[name] = {**kept, **groups.get(name, {}), "name": name}
    order = [*dict.fromkeys(each["arm"]["context"] for each in data["contexts"])]
    return {**data, "contexts": [groups[name] for name in order]}


def arms_of(data: Any) -> list[Table]:
    """The arms of a document that compares, as it came in; empty where it has none, or odd ones."""
    design = data.get("design") if isinstance(data, Mapping) else None
    arms = design.get("arms") if isinstance(design, Mapping) and design.get("kind") == KIND else None
    if not isinstance(arms, list) or len(arms) < 2:
        return []
    sound = all(isinstance(arm, Mapping) and is_slug(arm.get("name")) for arm in arms)
    return arms if sound and len({arm["name"] for arm in arms}) == len(arms) else []


def _too_many(contexts: int, arms: int) -> Iterator[Problem]:
    if contexts <= MOST < contexts * arms:
        text = f"are {arms:,}, which with {contexts:,} {'context' if contexts == 1 else 'contexts'} make"
        yield Problem("design.arms", f"{text} {contexts * arms:,}, more than the {MOST} allowed; leave some out")


def _equal_names(contexts: Sequence[Table]) -> Iterator[Problem]:
    """Contexts of one name, whose arms could not be told apart."""
    names = [context["name"] for context in contexts]
    for i, name in enumerate(names):
        if isinstance(name, str) and name in names[:i]:
            yield Problem(f"contexts.{i}.name", f"is {name!r}, as an earlier context's; give each its own name")


def _made(contexts: Sequence[Table], arms: Sequence[Table]) -> tuple[list[dict[str, Any]], list[ArmOrigin]]:
    made: list[dict[str, Any]] = []
    origins: list[ArmOrigin] = []
    taken: set[str] = set()
    for group in _groups(contexts):
        for j, arm in enumerate(arms):
            changed = _changed(arm)
            for at in group:
                context, base = contexts[at], contexts[at]["name"]
                found = {**context, **{key: arm[key] for key in changed}}
                if is_slug(base):  # of another name the model says what is wrong
                    found |= {
                        "name": free_name(base, arm["name"], taken),
                        "arm": {"name": arm["name"], "context": base},
                    }
                made.append(found)
                origins.append(ArmOrigin(at, j, frozenset(changed)))
    return made, origins


def _groups(contexts: Sequence[Table]) -> Iterator[list[int]]:
    """Places of contexts whose arms follow each other: those of one axis together, every other one alone."""
    at = 0
    while at < len(contexts):
        axis = contexts[at].get("axis")
        values = next(iter(axis.values()), []) if isinstance(axis, Mapping) else [None]
        count = len(values) if isinstance(values, list) and values else 1
        yield list(range(at, min(at + count, len(contexts))))
        at += count


def _changed(arm: Table) -> list[str]:
    """What an arm states in place of a context's own."""
    return [key for key in CHANGED if arm.get(key) is not None]


def _is_armed(context: Any) -> bool:
    return isinstance(context, Mapping) and context.get("arm") is not None
