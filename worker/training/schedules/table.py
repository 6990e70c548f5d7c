"""eta by epoch, as a study writes it down: one share of the lane's eta for each epoch.

Source: a table of rates over time, as the user states it; torch.optim.lr_scheduler.LambdaLR by epoch. Formula, for step
t = 0 .. T - 1 of epoch k = floor(t / steps per epoch) + 1:

    eta_t = eta * shares[k]

The shares of epochs that the training does not reach are ignored. alpha does not move.

Parameter: shares, pure numbers that are not negative, one for each epoch; a share above 1 raises eta.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from worker.training.rates import Length, Rates, steady

NUMBERS: dict[str, tuple[float, ...]] = {"shares": (1.0,)}


def table(length: Length, eta: float, alpha: float, own: Mapping[str, tuple[float, ...]]) -> Rates:
    """Rates by epoch.

    Raises:
        ValueError: a share is negative, or there are fewer shares than epochs.
    """
    shares, epochs = own["shares"], -(-length.steps // length.steps_per_epoch)
    if any(share < 0.0 for share in shares):
        raise ValueError(f"`shares` must not be negative, got {min(shares)}")
    if len(shares) < epochs:
        raise ValueError(f"`shares` must have a number for each epoch: it has {len(shares)} for {epochs}")
    by_step = np.repeat(np.array(shares[:epochs], dtype=np.float64), length.steps_per_epoch)
    return Rates(eta * by_step[: length.steps], steady(alpha, length))
