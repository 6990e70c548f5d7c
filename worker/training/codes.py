"""Codes of a layer's outputs: the nearest of 64 means, found anew after each epoch on the images held back (ours).

Outputs of more than 64 numbers are projected to 64 by a fixed matrix of random signs, whose distances are those of the
outputs but for some tenths (Achlioptas 2003): a convolution's outputs take 20 times the memory of its patches. The
means start at the first 64 different outputs and move ten times (Lloyd 1982); a mean without images stays where it is,
and of two that are equally near the first one counts. Nothing is drawn, so the same outputs have the same codes, and
each lane is coded by products of its own, whose shape depends on no other lane.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from worker.training.lanes import Setup

MEANS = 64  # k, and the most numbers of an output that distances are taken of
ROUNDS = 10
CANDIDATES = 4 * MEANS  # images among whose outputs the first means are chosen
ALIKE = 1e-9  # squared distance of outputs that are one, relative to the mean square of an output about the mean
SEED = 3  # sets the signs apart from everything else that is drawn from the order's seed


def signs(features: int, setup: Setup, like: Tensor) -> Tensor | None:
    """(64, features) projection of a layer's outputs, +-1/8 each; None where they are few enough as they are."""
    if features <= MEANS:
        return None
    drawn = np.random.default_rng([setup.order_seed, SEED]).integers(0, 2, size=(MEANS, features))
    return torch.from_numpy((2.0 * drawn - 1.0) / MEANS**0.5).to(like.dtype).to(like.device)


def codes_of(outputs: Tensor) -> Tensor:
    """(n,) number of the nearest mean of each output.

    Args:
        outputs: (n, d) of one layer of one lane; codes of outputs that are not finite are undefined.
    """
    points = outputs.double()
    points = points - points.mean(dim=0)  # distances stay, and are free of the rounding of a large common part
    means = _first_means(points)
    for _ in range(ROUNDS):
        means = _moved(means, points, _nearest(points, means))
    return _nearest(points, means)


def _first_means(points: Tensor) -> Tensor:
    """The first 64 outputs that differ."""
    some, spread = points[:CANDIDATES], points.square().sum(dim=1).mean()
    squares = some.square().sum(dim=1)
    alike = (squares.unsqueeze(1) + squares - 2.0 * (some @ some.T) <= ALIKE * spread).cpu().numpy()
    chosen: list[int] = []
    for number in range(len(some)):
        if len(chosen) < MEANS and not alike[number, chosen].any():
            chosen.append(number)
    return some[chosen] if chosen else some[:1]


def _nearest(points: Tensor, means: Tensor) -> Tensor:
    return (means.square().sum(dim=1) - 2.0 * (points @ means.T)).argmin(dim=1)


def _moved(means: Tensor, points: Tensor, codes: Tensor) -> Tensor:
    belongs = torch.nn.functional.one_hot(codes, len(means)).to(points.dtype)  # (n, k)
    counts = belongs.sum(dim=0).unsqueeze(1)
    return torch.where(counts > 0.0, (belongs.T @ points) / counts.clamp_min(1.0), means)
