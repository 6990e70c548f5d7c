"""A rule's own parameters: what a set-up states, what a lane has instead, and the defaults of the rule."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor

from worker.training import backward
from worker.training.lanes import Lane, Setup
from worker.training.rules import Rule, rule

Value = float | str | bool


def numbers_of(lane: Lane, setup: Setup) -> dict[str, float]:
    """The numbers of its rule that a lane trains with."""
    chosen = rule(setup.update_rule)
    stated = {name: float(value) for name, value in setup.rule_settings if name in chosen.NUMBERS}
    own = {name: value for name, value in lane.own if name in chosen.NUMBERS}
    return {**chosen.NUMBERS, **stated, **own}


def choices_of(setup: Setup) -> dict[str, str | bool]:
    """The words and flags of its rule that all lanes share."""
    chosen = rule(setup.update_rule)
    stated = {name: value for name, value in setup.rule_settings if name in chosen.CHOICES}
    return {name: _choice(stated.get(name, allowed[0])) for name, allowed in chosen.CHOICES.items()}


def columns_of(lanes: Sequence[Lane], setup: Setup, like: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """(numbers, 1 - numbers) by name, (L, 1) each, with the device and dtype of `like`."""
    rows = [numbers_of(lane, setup) for lane in lanes]
    of_rule = rule(setup.update_rule).NUMBERS
    own = {name: like.new_tensor([row[name] for row in rows]).unsqueeze(1) for name in of_rule}
    rest = {name: like.new_tensor([1.0 - row[name] for row in rows]).unsqueeze(1) for name in of_rule}
    return own, rest


def check(lanes: Sequence[Lane], setup: Setup) -> None:
    """Raises a ValueError that names the field for a rule or a parameter of it that cannot be trained."""
    chosen = rule(setup.update_rule)
    for name, value in setup.rule_settings:
        _check_setting(setup.update_rule, chosen, name, value)
    for lane in lanes:
        for name, value in lane.own:
            numbers = {**chosen.NUMBERS, **backward.rule(setup.backward_rule).NUMBERS}
            if name not in numbers or not _is_number(value):
                raise ValueError(f"`own` must give numbers of {setup.update_rule} {_of(numbers)}, got {name}={value!r}")
        if not chosen.ALPHA and lane.alpha != 0.0:
            raise ValueError(f"`alpha` must be 0: {setup.update_rule} has no momentum weight, got {lane.alpha}")
        if not chosen.ETA and lane.eta != 1.0:
            raise ValueError(f"`eta` must be 1: {setup.update_rule} has no learning rate, got {lane.eta}")


def _check_setting(name: str, chosen: Rule, setting: str, value: Value) -> None:
    if setting in chosen.NUMBERS:
        if not _is_number(value):
            raise ValueError(f"`rule_settings`: {setting} of {name} must be a finite number, got {value!r}")
    elif setting not in chosen.CHOICES:
        raise ValueError(f"`rule_settings`: {name} has {_of([*chosen.NUMBERS, *chosen.CHOICES])}, got {setting!r}")
    elif not any(value == allowed and type(value) is type(allowed) for allowed in chosen.CHOICES[setting]):
        allowed = ", ".join(map(str, chosen.CHOICES[setting]))
        raise ValueError(f"`rule_settings`: {setting} of {name} must be one of {allowed}, got {value!r}")


def _of(allowed: Sequence[str] | dict[str, float]) -> str:
    return f"({', '.join(allowed)})" if allowed else "(it has none)"


def _is_number(value: Value) -> bool:
    return not isinstance(value, bool | str) and math.isfinite(value)


def _choice(value: Value) -> str | bool:
    if isinstance(value, str | bool):
        return value
    raise ValueError(f"`rule_settings` must give a word or a flag here, got {value!r}")
