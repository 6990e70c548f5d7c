"""Losses of lanes of which some have others: one softmax for all of them, one sigmoid for all that are built on L_I.

What a loss does on its own is in `losses.py`, and the operations here are the same on each number, so that a lane has
the bits that it has among lanes of its own loss. Stacked, they are fewer: each is one kernel launch on a device.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import torch
from torch import Tensor

from worker.training import losses
from worker.training.lanes import LOSSES, Lane
from worker.training.losses import Softmax


class LaneLosses:
    """The losses of a tile's lanes."""

    def __init__(self, lanes: Sequence[Lane], like: Tensor) -> None:
        """Finds `groups`: the losses, each with the rows of its lanes.

        Args:
            lanes: in the order of `lanes.LOSSES`: those of one loss are neighbours, and so are those built on L_I.
            like: gives device and dtype.

        Raises:
            ValueError: they are in another order.
        """
        order = [LOSSES.index(lane.loss) for lane in lanes]
        if order != sorted(order):
            raise ValueError("`lanes` must be in the order of their losses")
        self.groups = list(_groups(lanes))
        self._summed = sum(lane.loss != "cross_entropy" for lane in lanes)  # lanes whose loss is a sum over classes
        self._golden = [(loss, rows) for loss, rows in self.groups if loss not in ("sse", "cross_entropy")]
        shifts = [losses.shift_of(loss) for loss, rows in self._golden for _ in range(rows.start, rows.stop)]
        self._shift = like.new_tensor(shifts).view(-1, 1, 1)

    def values_and_gradient(self, logits: Tensor, is_true: Tensor) -> tuple[Tensor, Tensor]:
        """Loss (L, n) and logit gradient (L, K, n) of each image, as `losses.values_and_gradient` for each lane.

        Args:
            logits: (L, K, n).
            is_true: (K, n) bool.
        """
        if len(self.groups) == 1:
            return losses.values_and_gradient(self.groups[0][0], logits, is_true, class_dim=-2)
        soft, summed = losses.softmax_of(logits, -2), self._summed
        y, terms, rate = soft.y[:summed], *self._terms(soft.y[:summed], soft.log_y[:summed], is_true)
        parts = [losses.through_softmax(y, terms, rate, is_true, -2)]
        if len(logits) > summed:
            rest = Softmax(soft.y[summed:], soft.log_y[summed:])
            parts.append(losses.cross_entropy(rest, is_true, -2))
        values, gradients = zip(*parts, strict=True)
        return torch.cat(values), torch.cat(gradients)

    def _terms(self, y: Tensor, log_y: Tensor, is_true: Tensor) -> tuple[Tensor, Tensor]:
        """Each class's share of a loss that is a sum over them, and its derivative with respect to the distance."""
        rest, parts = -torch.expm1(log_y), list[tuple[Tensor, Tensor]]()
        start = self._golden[0][1].start if self._golden else len(y)
        if start:
            parts.append(losses.squared_terms(y[:start], rest[:start], is_true))
        if self._golden:
            shared = losses.sigmoid_of(torch.where(is_true, y[start:], rest[start:]), self._shift)
        for loss, rows in self._golden:
            own = slice(rows.start - start, rows.stop - start)
            parts.append(losses.golden_ends(loss, losses.Sigmoid(*(part[own] for part in shared))))
        terms, rates = zip(*parts, strict=True)
        return torch.cat(terms), torch.cat(rates)


def _groups(lanes: Sequence[Lane]) -> Iterator[tuple[str, slice]]:
    """Runs of neighbouring lanes with the same loss."""
    start = 0
    for loss, group in groupby(lanes, key=lambda lane: lane.loss):
        stop = start + len(list(group))
        yield loss, slice(start, stop)
        start = stop
