"""What a document that compares says that cannot be, or not together, each with its reason and a cure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from studies.errors import Problem
from studies.language.asked_of import ranges
from studies.language.choice import Table, chosen
from studies.language.claim import Claim
from studies.language.compare import CHANGED, CompareArm, CompareDesign
from studies.language.compare_axes import names_of
from studies.language.compare_expansion import KIND
from studies.language.compare_widths import objective_faults, paper_faults
from studies.language.context import Context
from studies.language.design import ADAPTIVE_SAMPLERS
from studies.language.own import PRESET
from studies.language.ranges import HIGHEST_ALPHA, HIGHEST_ETA, LOWEST_ETA
from studies.language.roles import ALPHA, ETA, choices
from studies.language.space import SearchSpace
from studies.learning.entry import UpdateRule
from studies.learning.naming import listed

COMPARE = 'choose the design "compare"'
ONCE = "write each context once, without `arm`; it becomes one of each arm"
NO_CLAIM = "and a study that compares arms claims no optimum"
ADVICE = {
    "parameters": "are those of one claim; each arm names its own in `space`, so remove them",
    "ridge": f"is for a claim, {NO_CLAIM}; remove it",
    "measure": "is what a trainer of your own reports, and arms are trained by the built-in one; remove it",
}
PLAIN_CLAIM = Claim().model_dump(mode="json")
PLAIN_SPACE = SearchSpace().model_dump(mode="json")


SCHEMA: dict[str, Any] = {  # JSON Schema of what belongs to a claim, to a comparison, or to neither
    "if": {
        "required": ["design"],
        "properties": {"design": {"type": "object", "required": ["kind"], "properties": {"kind": {"const": KIND}}}},
    },
    "then": {
        "properties": {
            "parameters": False,
            "ridge": {"type": "null"},
            "measure": {"type": "null"},
            "claim": {
                "if": {"type": "object"},
                "then": {"properties": {name: {"const": value} for name, value in PLAIN_CLAIM.items()}}
                | {"additionalProperties": False},
            },
            "contexts": {"items": {"not": {"required": ["trainer"]}}},
        }
    },
    "else": {"properties": {"contexts": {"items": {"properties": {"arm": {"type": "null"}}}}}},
}


class Document(Protocol):
    """What is read of a study document."""

    @property
    def contexts(self) -> Sequence[Any]:
        """The contexts."""


def stated_faults(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Tables of a document that compares which are for claims alone; `data` as it came in."""
    design = data.get("design")
    if not isinstance(design, Mapping) or design.get("kind") != KIND:
        return
    yield from (Problem(name, text) for name, text in ADVICE.items() if data.get(name) is not None)
    claim, space = data.get("claim", PRESET), data.get("search_space", PLAIN_SPACE)
    if isinstance(claim, Mapping):
        for name in (key for key, value in claim.items() if PLAIN_CLAIM.get(key, _ABSENT) != value):
            yield Problem(f"claim.{name}", f"is for a claim, {NO_CLAIM}; remove it, or choose another `design.kind`")
    if space != PLAIN_SPACE and "parameters" not in data:
        yield Problem("search_space", "is the box of a claim; each arm names its own range in `space`, so remove it")


def faults(spec: Document, design: CompareDesign) -> Iterator[Problem]:
    """What contexts and arms say that cannot be, or not together.

    Args:
        spec: the document, its arms written out.
        design: its design.
    """
    problems = [*_trainer_faults(spec), *_compared_faults(spec, design), *_sampler_faults(design)]
    problems += [] if problems else _written_faults(spec, design)
    yield from problems
    if problems:
        return
    seen: set[tuple[str, str]] = set()
    for context in spec.contexts:
        key = (context.arm.name, context.rule.name)
        if key not in seen:
            yield from arm_faults(design, design.arm(context.arm.name), context.rule)
        seen.add(key)
    yield from _stated_twice(spec, design)


def arm_faults(design: CompareDesign, arm: CompareArm, rule: UpdateRule) -> Iterator[Problem]:
    """What an arm's point and space say that its update rule does not have, and an arm with nothing to measure."""
    place = f"design.arms.{design.arms.index(arm)}"
    names, known = names_of(arm), choices(rule)
    foreign = [name for name in names if name not in known]
    for name in foreign:
        yield Problem(f"{place}.{_where(arm, name)}", _foreign(rule, known))
    if len(names) > 2:
        text = f"names {listed(names, 'and')} with its space, and a trial has two values"
        cure = "state eta or alpha in `fixed`, others in their tables"
        yield Problem(f"{place}.at", f"{text}; {cure}")
    for j, asked in enumerate(arm.space):
        if asked.name in known:
            own = {parameter.name: parameter for parameter in rule.own}
            yield from ranges(asked, own.get(asked.name), f"{place}.space.{j}", rule)
    found = (*_point(arm, rule, foreign), *_fixed_faults(arm, rule), *_missing(design, arm, rule))
    yield from (Problem(f"{place}.{field}", text) for field, text in found)


def _foreign(rule: UpdateRule, known: list[str]) -> str:
    has = f"whose parameters are {listed(known, 'and')}" if known else "which has none"
    return f"is no parameter of {rule.name}, {has}; remove it or check its spelling"


def _where(arm: CompareArm, name: str) -> str:
    """The place of a parameter within its arm."""
    tuned = [parameter.name for parameter in arm.space]
    return f"space.{tuned.index(name)}.name" if name in tuned else f"at.{name}"


def _point(arm: CompareArm, rule: UpdateRule, foreign: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Values of the published point that the rule or the arm's space does not have."""
    tuned = {parameter.name: parameter for parameter in arm.space}
    for name, value in (arm.at or {}).items():
        if name in foreign:
            continue
        low, high = _bounds(name, rule)
        if not low <= value <= high:
            yield f"at.{name}", f"is {value:g}, and {name} lies between {low:g} and {high:.12g}; move it there"
        elif name in tuned and not tuned[name].low <= value <= tuned[name].high:
            ends = f"{tuned[name].low:g} to {tuned[name].high:g}"
            yield f"at.{name}", f"is {value:g}, outside the arm's `space`, {ends}; widen the space or move the point"
    for name in tuned if arm.at is not None else ():
        if name not in (arm.at or {}):
            yield f"at.{name}", "is missing: the space tunes it, so the published point has it; name it or remove `at`"


def _fixed_faults(arm: CompareArm, rule: UpdateRule) -> Iterator[tuple[str, str]]:
    """Values beside space and point that the rule does not have, or that these name."""
    for name, value in arm.fixed.items():
        if name not in choices(rule):
            has = "learning rate" if name == ETA else "momentum weight"
            yield f"fixed.{name}", f"is stated, and {rule.name} has no {has}; remove it"
        elif name in names_of(arm):
            yield f"fixed.{name}", "is named by `space` or `at`, too; keep one of the two"
        else:
            low, high = _bounds(name, rule)
            if not low <= value <= high:
                yield f"fixed.{name}", f"is {value:g}, and {name} lies between {low:g} and {high:.12g}; move it there"


def _missing(design: CompareDesign, arm: CompareArm, rule: UpdateRule) -> Iterator[tuple[str, str]]:
    """A learning rate that nothing states, a space that is due, and a sampler that a space does not fit."""
    if rule.eta and not arm.space and arm.at is None:
        text = f"is missing, and so is `at`: {rule.name} has parameters ({listed(choices(rule), 'and')})"
        yield "space", f"{text}; name those to tune, the point as published, or both"
        return
    if rule.eta and ETA not in (*names_of(arm), *arm.fixed):
        where = "at" if arm.at is not None else "space"
        yield f"{where}.{ETA}", f"is missing: {rule.name} has a learning rate; state it here, or in `fixed`"
    if rule.eta and not arm.space and design.tuning:
        text = f"is missing: every arm with parameters is tuned, on {design.tuning} trainings each"
        yield "space", f"{text}; name those to tune, or set `design.tuning` to 0"
    if not design.tuning and arm.space and arm.at is None:
        yield "at", "is missing, and `design.tuning` is 0, so nothing is measured; state the point, or tune the arm"
    if design.sampler == "cmaes" and design.tuning and len(arm.space) == 1:
        yield "space", "has one parameter, and the sampler cmaes needs two; add one, or choose another `design.sampler`"


def _bounds(name: str, rule: UpdateRule) -> tuple[float, float]:
    if name == ETA:
        return LOWEST_ETA, HIGHEST_ETA
    if name == ALPHA:
        return 0.0, HIGHEST_ALPHA
    found = next(parameter for parameter in rule.own if parameter.name == name)
    return found.lowest, found.highest


def _trainer_faults(spec: Document) -> Iterator[Problem]:
    """Contexts that our own workers do not train."""
    for i, context in enumerate(spec.contexts):
        if not isinstance(context, Context):
            text = "is external, and arms change the update rule of the built-in trainer"
            yield Problem(f"contexts.{i}", f"{text}; describe a built-in context, or choose another `design.kind`")


def _sampler_faults(design: CompareDesign) -> Iterator[Problem]:
    """A sampler that would learn from a number that says little of a training alone."""
    if design.objective == "cpu_seconds" and design.sampler in ADAPTIVE_SAMPLERS:
        text = f"is {design.sampler}, which learns from single values, and a training that fails early takes little CPU"
        cure = "choose sobol or random, or epochs_to_target as `design.objective`"
        yield Problem("design.sampler", f"{text} time; {cure}")


def _compared_faults(spec: Document, design: CompareDesign) -> Iterator[Problem]:
    """Cells of a place that there is not, and smallest widths without an axis of widths."""
    contexts = [context for context in spec.contexts if isinstance(context, Context) and context.arm is not None]
    if contexts:
        yield from objective_faults(contexts, design)
        yield from paper_faults(contexts, design)


def misplaced_arms(contexts: Sequence[Any]) -> Iterator[Problem]:
    """Contexts of a document of another design that have an arm."""
    for i, context in enumerate(contexts):
        if isinstance(context, Context) and context.arm is not None:
            yield Problem(f"contexts.{i}.arm", f"is for a study that compares arms; remove it, or {COMPARE}")


def _written_faults(spec: Document, design: CompareDesign) -> Iterator[Problem]:
    """Contexts whose arms are written out otherwise than a parsed document has them."""
    arms = [arm.name for arm in design.arms]
    groups: dict[str, list[tuple[int, Context]]] = {}
    for i, context in enumerate(spec.contexts):
        if context.arm is None:
            yield Problem(f"contexts.{i}.arm", f"is missing; {ONCE}")
        elif context.arm.name not in arms:
            yield Problem(f"contexts.{i}.arm.name", f"is {context.arm.name!r}, which is no arm; {ONCE}")
        else:
            groups.setdefault(context.arm.context, []).append((i, context))
    for name, group in groups.items():
        if [context.arm.name for _, context in group if context.arm is not None] != arms:
            text = f"belongs to the context {name}, which has not each arm once in their order; {ONCE}"
            yield Problem(f"contexts.{group[0][0]}.arm", text)
        else:
            yield from _differing(group, design)


def _differing(group: Sequence[tuple[int, Context]], design: CompareDesign) -> Iterator[Problem]:
    """Fields in which the context of an arm is neither the arm's nor that of the other arms."""
    usual: dict[str, Any] = {}
    for (i, context), arm in zip(group, design.arms, strict=True):
        for kind in CHANGED:
            stated, has = getattr(arm, kind), context.choice(kind)
            if has != (usual.setdefault(kind, has) if stated is None else chosen(kind, stated)):
                yield Problem(f"contexts.{i}.{kind}", f"differs from what its arm says; {ONCE}")
        for key in (name for name in Context.model_fields if name not in (*CHANGED, "name", "arm")):
            if getattr(context, key) != usual.setdefault(key, getattr(context, key)):
                yield Problem(f"contexts.{i}.{key}", f"differs from that of its context's first arm; {ONCE}")


def _stated_twice(spec: Document, design: CompareDesign) -> Iterator[Problem]:
    """Parameters that a table states and the arm's trials have a value of."""
    for i, context in enumerate(spec.contexts):
        arm = design.arm(context.arm.name)
        tables = {kind: getattr(context, kind) for kind in CHANGED}
        for kind, table in tables.items():
            for name in sorted(table.stated & set(names_of(arm))) if isinstance(table, Table) else ():
                place = f"contexts.{i}" if getattr(arm, kind) is None else f"design.arms.{design.arms.index(arm)}"
                text = f"is stated here, and the arm {arm.name} has it in `space` or `at`; remove one of the two"
                yield Problem(f"{place}.{kind}.{name}", text)


_ABSENT = object()
