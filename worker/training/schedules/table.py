"""eta by time and layer, as a study writes it down: shares of the lane's eta, one after the other.

Source: a table of rates over time, as the user states it; torch.optim.lr_scheduler.LambdaLR. An epoch is cut into
`per_epoch` parts, equal but for rounding. Formula, for step t = 0 .. T - 1 with S steps in an epoch:

    eta_t = eta * shares[k],    k = floor(t * per_epoch / S)

of every layer that has no shares of its own; `first` and `last` have the same form. The shares of times that the
training does not reach are ignored. alpha does not move.

Parameters: shares, pure numbers that are not negative, `per_epoch` of them for each epoch; a share above 1 raises eta,
and no shares at all leave it as it is. first, last: the same of the layer before the ReLU, batch norm included, and of
the last layer; empty: `shares`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from worker.training.rates import Length, Rates, Table, steady

NUMBERS: dict[str, float | tuple[float, ...]] = {"shares": (), "first": (), "last": (), "per_epoch": 1.0}
LAYERS = ("first", "last")

Row = tuple[float, ...]


def table(length: Length, eta: float, alpha: float, own: Mapping[str, float | Row]) -> Rates:
    """Rates by time and layer.

    Raises:
        ValueError: a share is negative, there are fewer shares than the training takes, or `per_epoch` is no whole
            number from 1 on.
    """
    per_epoch = own["per_epoch"]
    if isinstance(per_epoch, tuple) or per_epoch < 1.0 or per_epoch != int(per_epoch):
        raise ValueError(f"`per_epoch` must be a whole number, at least 1, got {per_epoch}")
    layers = {layer: own[layer] for layer in LAYERS if own[layer]}
    by_layer = {name: _by_step(length, name, shares, int(per_epoch)) for name, shares in layers.items()}
    everywhere = _by_step(length, "shares", own["shares"], int(per_epoch))
    return Rates(eta * everywhere, steady(alpha, length), {name: eta * shares for name, shares in by_layer.items()})


def _by_step(length: Length, name: str, shares: float | Row, per_epoch: int) -> Table:
    """(steps,) the share of each step."""
    assert isinstance(shares, tuple)  # `own_values` has seen to it
    if not shares:
        return steady(1.0, length)
    epochs = -(-length.steps // length.steps_per_epoch)
    if any(share < 0.0 for share in shares):
        raise ValueError(f"`{name}` must not be negative, got {min(shares)}")
    if len(shares) < epochs * per_epoch:
        each = "epoch" if per_epoch == 1 else "part of an epoch"
        raise ValueError(f"`{name}` must have a number for each {each}: it has {len(shares)} for {epochs * per_epoch}")
    steps = np.arange(length.steps, dtype=np.int64)
    return np.array(shares, dtype=np.float64)[steps * per_epoch // length.steps_per_epoch]
