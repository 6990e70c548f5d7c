"""The backward rules: how the hidden layer's gradient comes from that of the logits. Each is a file of this package.

Backpropagation takes the last layer's weights, transposed, and the ReLU's derivative: (W' d) * relu'(z). A rule that
takes something else trains with a vector that is no gradient of the loss. The forward pass is the same under every
rule, and so is the gradient of the last layer.

A file is found by its name; it states what the rule needs and has one function, see `BackwardRule`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol, cast

from torch import Tensor

from worker.training.folder import file_named, names_in
from worker.training.products import Products

Choices = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HiddenLayer:
    """What a rule is given, for one chunk of a minibatch: L lanes, K classes, f features, n images."""

    logit_gradient: Tensor  # (L, K, n)
    last: Tensor  # (L, K, f) the last layer's weights
    z: Tensor  # (L, f, n) before the ReLU where the rule keeps it, else after it, with the same sign; scratch space
    fixed: Tensor | None  # (L, K, f) the lanes' matrices that stay, where the rule has them
    gradient: Tensor  # (L, f, n) to be written: the gradient before the ReLU; it may hold anything
    products: Products
    own: Mapping[str, Tensor] = field(default_factory=dict)  # (L, 1, 1) each: the rule's own numbers


class BackwardRule(Protocol):
    """A file of this package.

    Attributes:
        CHOICES: the values of each of its settings in words; a set-up must state every one.
        NUMBERS: its own numbers with their defaults; each lane may have others.
        FIXED: each lane has a random matrix of the last layer's shape that stays, `networks.feedback_matrix`.
    """

    CHOICES: Mapping[str, tuple[str, ...]]
    NUMBERS: Mapping[str, float]
    FIXED: bool

    def keeps_z(self, choices: Choices) -> bool:
        """True if the rule needs the pre-activation itself, not only its sign, which the ReLU's output has as well."""

    def hidden_gradient(self, layer: HiddenLayer, choices: Choices) -> None:
        """Writes `layer.gradient`."""


def names() -> tuple[str, ...]:
    """Every backward rule."""
    return names_in(__path__)


@cache
def rule(name: str) -> BackwardRule:
    """The backward rule of a name.

    Raises:
        ValueError: unknown name.
    """
    return cast(BackwardRule, file_named(name, names(), __name__, "backward_rule"))
