"""The two values of a trial of an arm: which parameters they are, the box that tuning searches, the published point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from studies.language.arm_of import ArmOf
from studies.language.axis import NumericAxis, numeric_axes
from studies.language.choice import Table
from studies.language.compare import CHANGED, CompareArm, CompareDesign
from studies.language.context import Context
from studies.language.design import Design
from studies.language.external import AnyContext
from studies.language.parameters import Axes, Parameter, paper_parameters
from studies.language.roles import ALPHA, ETA, scales, varied
from studies.language.space import OwnSpace
from studies.learning.entry import UpdateRule

WIDTH = "width"  # field of an axis
WITHOUT = {ETA: 1.0, ALPHA: 0.0}  # of a rule that has no learning rate, or no momentum weight


def names_of(arm: CompareArm) -> tuple[str, ...]:
    """The parameters that an arm names: those of its space, then those of its point alone, by the alphabet.

    A stored document has the names of a table in that order, whatever order they were written in.
    """
    tuned = [parameter.name for parameter in arm.space]
    return (*tuned, *sorted(name for name in arm.at or {} if name not in tuned))


def arm_axes(arm: CompareArm, rule: UpdateRule) -> Axes:
    """The two parameters of an arm's trials, in the order of the trial's values.

    Args:
        arm: whose parameters are those of the rule (`compare_faults`).
        rule: of its contexts.
    """
    stated = {parameter.name: parameter for parameter in arm.space}
    names = names_of(arm)
    spare = [name for name in (ETA, ALPHA) if name not in names]
    both = (*names, *spare)[:2]
    first, second = (stated.get(name) or _usual(name, rule) for name in both)
    beside = tuple((name, value) for name, value in sorted(arm.fixed.items()) if name not in both)
    return Axes(first, second, ridge=False, fixed=beside)


def arm_space(arm: CompareArm, rule: UpdateRule) -> OwnSpace:
    """The box of an arm's trials; what is not tuned has one value, so that both its ends are that."""
    axes, tuned = arm_axes(arm, rule), {parameter.name for parameter in arm.space}
    first, second = (
        (p.low, p.high) if p.name in tuned else (_fixed(arm, p.name),) * 2  # one value
        for p in axes.both
    )
    return OwnSpace(over=axes, box=(first, second))


def published_point(arm: CompareArm, rule: UpdateRule) -> tuple[float, float]:
    """An arm's two values as published; where it has no published point, those that are not tuned."""
    first, second = (_fixed(arm, name) for name in arm_axes(arm, rule).names)
    return first, second


def with_bound_arms(design: Design, contexts: Sequence[AnyContext]) -> Design:
    """The design whose arms have no value of what their trials have one of; the same one for other designs."""
    if not isinstance(design, CompareDesign):
        return design
    rules = {c.arm.name: c.rule for c in contexts if isinstance(c, Context) and c.arm is not None}
    arms = [_bound(arm, rules[arm.name]) if arm.name in rules else arm for arm in design.arms]
    return design.model_copy(update={"arms": arms})


def shared_axis(axis: str, arm: ArmOf) -> str:
    """The name of an axis as all arms share it, by its name among the contexts of one arm."""
    return axis.removesuffix(f"-{arm.name}")


def names_of_width_axes(contexts: Sequence[Context]) -> tuple[str, ...]:
    """The names of the axes over widths as all arms share them; `contexts` with their arms written out."""
    arms = {context.name: context.arm for context in contexts}
    return tuple(dict.fromkeys(_shared(axis, arms) for axis in numeric_axes(contexts) if axis.field == WIDTH))


def _shared(axis: NumericAxis, arms: Mapping[str, ArmOf | None]) -> str:
    arm = arms[axis.contexts[0]]
    return axis.name if arm is None else shared_axis(axis.name, arm)


def _bound(arm: CompareArm, rule: UpdateRule) -> CompareArm:
    names, tables = varied(arm_axes(arm, rule), rule), {kind: getattr(arm, kind) for kind in CHANGED}
    found: dict[str, Any] = {kind: table.without(names) for kind, table in tables.items() if isinstance(table, Table)}
    return arm.model_copy(update=found)


def _fixed(arm: CompareArm, name: str) -> float:
    stated: Mapping[str, float] = {**WITHOUT, **arm.fixed, **(arm.at or {})}
    return float(stated.get(name, 0.0))


def _usual(name: str, rule: UpdateRule) -> Parameter:
    """A parameter that no space states: eta and alpha with the paper's bounds, a rule's own with its rule's."""
    for usual in paper_parameters():
        if usual.name == name:
            return usual
    found = next(parameter for parameter in rule.own if parameter.name == name)
    return Parameter(name=name, scale=scales(found)[0], low=found.lowest, high=found.highest)
