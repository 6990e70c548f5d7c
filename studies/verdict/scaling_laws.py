"""Scaling laws: the powers of an axis that theories name for the best learning rate.

A law holds for one field and for some update rules, and speaks of a learning rate alone. Where a momentum weight moves
as well, what it says of the learning rate at a fixed weight is said of the effective rate.
"""

from __future__ import annotations

from dataclasses import dataclass

MOMENTUM_SGD = ("heavy_ball", "nesterov", "sgd", "momentum")
ADAM = ("adam", "adamw")


@dataclass(frozen=True, slots=True)
class Law:
    """A theory's power of a field, for learning rates under some update rules."""

    name: str
    source: str
    field: str
    rules: tuple[str, ...]
    slope: float


LAWS = (
    Law("linear scaling", "Goyal et al. 2017", "batch_size", MOMENTUM_SGD, 1.0),
    Law("square-root scaling", "Krizhevsky 2014", "batch_size", MOMENTUM_SGD, 0.5),
    Law("muP", "Yang et al. 2021", "width", ADAM, -1.0),
)


def laws_of(field: str, rule: str) -> tuple[Law, ...]:
    """The laws about a field under an update rule; none where the rule is not known."""
    return tuple(law for law in LAWS if law.field == field and rule in law.rules)
