"""The two parameters of a study as a built-in context's update rule has them: learning rate, momentum, or its own.

One rule for documents (`asked_of`), for the worker (`worker/lanes_of.py`) and for the storage: a trial's two values go
to the training by the parameters' names.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from studies.language.parameters import LEARNING_RATES, MOMENTUMS, Axes
from studies.learning.entry import Parameter, UpdateRule

ETA, ALPHA = "eta", "alpha"


@dataclass(frozen=True, slots=True)
class Trained:
    """A trial's values as a training takes them.

    Attributes:
        eta: learning rate; 1 where the rule has none.
        alpha: momentum weight; 0 where the rule has none, or the study varies another parameter.
        own: the rule's own parameters that the study varies, by name.
    """

    eta: float = 1.0
    alpha: float = 0.0
    own: tuple[tuple[str, float], ...] = field(default=())


def role(name: str, rule: UpdateRule) -> str | None:
    """The meaning of a study's parameter for a rule: "eta", "alpha", a parameter of the rule's own; None for none.

    Args:
        name: of the study's parameter; a learning rate and a momentum have other usual names, too.
        rule: of a built-in context.
    """
    if name in LEARNING_RATES:
        return ETA if rule.eta else None
    if name in MOMENTUMS:
        return ALPHA if rule.alpha else None
    return name if name in {parameter.name for parameter in rule.own} else None


def choices(rule: UpdateRule) -> list[str]:
    """Every parameter that a study may vary under a rule, learning rate and momentum included."""
    return [
        *([ETA] if rule.eta else []),
        *([ALPHA] if rule.alpha else []),
        *(parameter.name for parameter in rule.own),
    ]


def scales(parameter: Parameter) -> tuple[str, ...]:
    """The scales on which a rule's own parameter can vary, its usual one first: what is widened stays legal there."""
    if parameter.lowest < 0.0:
        return "linear", "log"
    return ("log" if parameter.lowest > 0.0 else "log_one_minus"), "linear"


def varied(axes: Axes, rule: UpdateRule) -> frozenset[str]:
    """The rule's own parameters that a study on these axes varies."""
    return frozenset(role(name, rule) or "" for name in axes.names) & {parameter.name for parameter in rule.own}


def pair_of(axes: Axes, first: float, second: float) -> tuple[float, float]:
    """Learning rate and momentum weight of a point, by the parameters' usual names; (1, 0) where none has such a name.

    They measure how far a training went (`studies.outcomes`), whatever else the study varies.
    """
    values = {**dict(axes.fixed), **axes.named(first, second)}
    eta = next((values[name] for name in LEARNING_RATES if name in values), 1.0)
    return eta, next((values[name] for name in MOMENTUMS if name in values), 0.0)


def trained(axes: Axes, rule: UpdateRule, first: float, second: float) -> Trained:
    """A trial's two values, by the parameters' names, as a training under a rule takes them."""
    stated = {**dict(axes.fixed), **axes.named(first, second)}
    values = {role(name, rule): value for name, value in stated.items()}
    names = varied(axes, rule)
    found = tuple((name, value) for name, value in values.items() if name is not None and name in names)
    return Trained(values.get(ETA, 1.0), values.get(ALPHA, 0.0), found)
