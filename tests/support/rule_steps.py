"""A rule's step by itself: rows of weights, a gradient that the test writes, no network and no images."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from worker.training.lanes import Lane, Setup
from worker.training.rule_settings import choices_of, columns_of
from worker.training.rules import Layout, Part, Step, rule, take_step
from worker.training.state import LaneState


def one_matrix(outs: int, ins: int) -> Layout:
    """A row that is one matrix, out × in."""
    return Layout((Part("last.weight", "matrix", 0, outs * ins, (outs, ins), outs=(1,), ins=(2,)),))


@dataclasses.dataclass
class Walker:
    """Lanes that a rule moves by gradients of the test's own."""

    setup: Setup
    state: LaneState
    facts: Step

    @classmethod
    def start(
        cls, lanes: Sequence[Lane], setup: Setup, weights: Tensor, layout: Layout, decay: Tensor | None = None
    ) -> Walker:
        """Lanes at `weights`, (L, n), which are changed in place."""
        state = LaneState.start(lanes, weights, rule(setup.update_rule), layout)
        own, rest = columns_of(lanes, setup, weights)
        eta, alpha = (
            weights.new_tensor([getattr(lane, name) for lane in lanes]).unsqueeze(1) for name in ("eta", "alpha")
        )
        step = Step(
            weights=weights,
            gradient=torch.zeros_like(weights),
            eta=eta,
            alpha=alpha,
            own=own,
            rest=rest,
            choices=choices_of(setup),
            buffers=state.buffers,
            scalars=state.scalars,
            layout=layout,
            decay=decay,
        )
        return cls(setup, state, step)

    def step(self, gradient: Tensor) -> Tensor:
        """Takes one step; returns the change of the weights."""
        before = self.state.weights.clone()
        self.facts.gradient.copy_(gradient)
        take_step(rule(self.setup.update_rule), self.facts)
        return self.state.weights - before

    def walk(self, slope: Callable[[Tensor], Tensor], steps: int) -> Tensor:
        """Takes some steps by the gradient that `slope` gives at the weights; returns the weights."""
        for _ in range(steps):
            self.step(slope(self.state.weights))
        return self.state.weights
