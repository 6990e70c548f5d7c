"""The update rules, each in a file of its own: the arithmetic of one step on the stacked parameters of many lanes.

A rule is its file: `names` lists the files of this folder, and nothing else has to know a new one here. A file has the
constants and the function of `Rule`, its source and its formula. It never looks at the number of lanes, nothing in it
adds over lanes, and whatever changes from step to step is a tensor: epochs on a CUDA device are recorded once and
replayed, so a number of Python's would be frozen into the recording. exp, log, sigmoid and their like are taken of
(L, 1) or (L, n), never of the few columns of a scalar: torch ends such a loop with other code, whose last bit may
differ, and a lane's bits would depend on its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal, Protocol, cast

from torch import Tensor

from worker.training.folder import file_named, names_in

Kind = Literal["matrix", "bias", "norm"]
Extent = Literal["lane", "tensor"]


@dataclass(frozen=True, slots=True)
class Part:
    """One parameter's place in a lane's row.

    Attributes:
        name: as in `Network.parameter_shapes`.
        kind: "matrix" for weights of layers and kernels, "bias", or "norm" for batch norm's scale and offset.
        start, stop: of its numbers within the row.
        shape: of one lane's numbers.
        outs: dimensions of `of(...)` that number the postsynaptic unit.
        ins: dimensions of `of(...)` that number the presynaptic unit; none for a bias.
    """

    name: str
    kind: Kind
    start: int
    stop: int
    shape: tuple[int, ...]
    outs: tuple[int, ...]
    ins: tuple[int, ...]

    def of(self, rows: Tensor) -> Tensor:
        """View (L, *shape) of this parameter in rows (L, n)."""
        return rows[:, self.start : self.stop].view(-1, *self.shape)

    def flat(self, rows: Tensor) -> Tensor:
        """View (L, k) of this parameter's k numbers in rows (L, n), for what does not ask which unit they belong to."""
        return rows[:, self.start : self.stop]

    def spread(self, column: Tensor) -> Tensor:
        """View of one number per lane, (L, 1), that is broadcast against `of(...)`."""
        return column.view(-1, *(1 for _ in self.shape))


def norm(view: Tensor, dims: tuple[int, ...] = (1,)) -> Tensor:
    """L2 norm of each lane's numbers over some dimensions, which are kept as 1.

    `torch.linalg.vector_norm` is 20 times slower where the dimensions are not the last ones.
    """
    return view.square().sum(dim=dims, keepdim=True).sqrt_()


@dataclass(frozen=True, slots=True)
class Layout:
    """The parameters within a row of n numbers; what lies between them is padding and stays zero."""

    parts: tuple[Part, ...]


@dataclass(slots=True)
class Step:
    """What a rule has to hand in one step; it changes weights, buffers and scalars in place.

    Every tensor of a lane is a row. A lane that has left its stack has eta 0 and zeros everywhere; the rule must keep
    it at zeros, so it multiplies its step by `eta`, whatever else it does.

    Attributes:
        weights: (L, n).
        gradient: (L, n) of the minibatch's mean loss, scratch space once it has been used; weight decay is already in
            it, unless the rule has `OWN_DECAY`.
        eta: broadcastable to (L, n): (L, 1), or (L, n) where layers differ.
        alpha: (L, 1), the momentum weight.
        own: (L, 1) each: the rule's own numbers.
        rest: (L, 1) each: 1 - own, rounded once, so that 1 - 0.999 is as exact as 0.999.
        choices: the rule's own words and flags, which all lanes share.
        buffers: (L, n) each, zero before the first step.
        scalars: (L, 1) or (L, parts) each, zero before the first step.
        layout: where each parameter lies in a row.
        decay: (n,) weight decay of each number, None where there is none.
    """

    weights: Tensor
    gradient: Tensor
    eta: Tensor
    alpha: Tensor
    own: dict[str, Tensor]
    rest: dict[str, Tensor]
    choices: dict[str, str | bool]
    buffers: dict[str, Tensor]
    scalars: dict[str, Tensor]
    layout: Layout
    decay: Tensor | None


class Rule(Protocol):
    """What the module of a rule has."""

    BUFFERS: tuple[str, ...]  # names of what is kept per weight
    SCALARS: dict[str, Extent]  # names of what is kept per lane, or per lane and parameter
    NUMBERS: dict[str, float]  # its own numbers with their defaults; each lane may have others
    CHOICES: dict[str, tuple[str | bool, ...]]  # its own words and flags; the first is the default
    ETA: bool  # it has a learning rate; without one, eta is 1
    ALPHA: bool  # it has a momentum weight; without one, alpha is 0
    OWN_DECAY: bool  # it adds the weight decay itself

    @staticmethod
    def step(s: Step) -> None:
        """One step of every lane."""


@cache
def names() -> tuple[str, ...]:
    """Names of the update rules: the files of this folder, but for those that begin with an underscore."""
    return names_in(__path__)


@cache
def rule(name: str) -> Rule:
    """The rule of that name.

    Raises:
        ValueError: there is none.
    """
    return cast(Rule, file_named(name, names(), __name__, "update_rule"))


def take_step(chosen: Rule, s: Step) -> None:
    """Adds the weight decay to the gradient, unless the rule does, and takes one step."""
    if s.decay is not None and not chosen.OWN_DECAY:
        s.gradient.addcmul_(s.weights, s.decay)
    chosen.step(s)
