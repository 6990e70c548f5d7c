"""Steps of any update rule on the gradients of the compiled kernels, lane by lane.

A lane trains alone for an epoch here too: its rows are matrices of one lane, so torch's loops see the same shapes
whatever the stack, and its bits depend on no other lane.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from worker.training.lanes import Lane, Setup
from worker.training.rule_settings import choices_of, columns_of
from worker.training.rules import Layout, Step, rule, take_step
from worker.training.state import LaneState, decay_row
from worker.training.timetable import layer_of_numbers, layers_of

Slope = Callable[[int, Tensor, Tensor], float]  # (step, weights, gradient to set), rows of one lane -> mean loss


class RuleSteps:
    """The lanes of a stack with all that their rule keeps of them."""

    def __init__(self, lanes: Sequence[Lane], setup: Setup, weights: Tensor, layout: Layout) -> None:
        """Takes over the lanes.

        Args:
            lanes: of the stack.
            setup: gives rule, weight decay and, by its schedule, the layers with rates of their own.
            weights: (L, n) in the kernels' order, trained in place.
            layout: of a row.
        """
        self._rule = rule(setup.update_rule)
        layers = layers_of(setup)
        self._layer = layer_of_numbers(layers, layout, weights) if layers else None
        state = LaneState.start(lanes, weights, self._rule, layout)
        own, rest = columns_of(lanes, setup, weights)
        decay = decay_row(layout, setup.weight_decay, weights)
        self._steps = [
            Step(
                weights=weights[row],
                gradient=weights[row],  # set before each epoch
                eta=weights.new_tensor([[lane.eta]]).expand(1, weights.shape[1] if layers else 1).clone(),
                alpha=weights.new_tensor([[lane.alpha]]),
                own={name: column[row] for name, column in own.items()},
                rest={name: column[row] for name, column in rest.items()},
                choices=choices_of(setup),
                buffers={name: rows[row] for name, rows in state.buffers.items()},
                scalars={name: rows[row] for name, rows in state.scalars.items()},
                layout=layout,
                decay=decay,
            )
            for lane, row in zip(lanes, (slice(n, n + 1) for n in range(len(lanes))), strict=True)
        ]

    def train(self, number: int, steps: int, slope: Slope, rates: Tensor | None = None) -> None:
        """Trains one lane for an epoch, or to its first loss that is not finite.

        Args:
            number: of the lane.
            steps: of the epoch.
            slope: sets the gradient.
            rates: (steps, 2) eta and alpha of each step, and behind them those of layers; None where they are constant.
        """
        facts = self._steps[number]
        by_layer = None if rates is None else torch.cat([rates[:, :1], rates[:, 2:]], dim=1).to(facts.weights.dtype)
        facts.gradient = torch.empty_like(facts.weights)
        for step in range(steps):
            loss = slope(step, facts.weights, facts.gradient)
            if rates is not None and by_layer is not None:
                if self._layer is None:
                    facts.eta.fill_(rates[step, 0])
                else:
                    torch.index_select(by_layer[step], 0, self._layer, out=facts.eta.view(-1))
                facts.alpha.fill_(rates[step, 1])
            take_step(self._rule, facts)
            if not math.isfinite(loss):
                return
