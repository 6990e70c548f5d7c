"""Images that a schedule measures on: held back from the training part, so that no test image decides a rate.

They are drawn from the seed of the minibatch order, so all lanes of a stack measure on the same images and train on
the same others. Copies of one original stay together, as they do in folds.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from worker.training import schedules
from worker.training.lanes import Fold, Setup

SEED = 2  # sets the draw apart from everything else that is drawn from the order's seed

Numbers = NDArray[np.int64]


def set_apart(fold: Fold, setup: Setup) -> Fold:
    """The fold as the set-up's schedule trains on it; the fold itself where the schedule measures nothing.

    Raises:
        ValueError: the schedule is unknown, or a setting of it.
    """
    if schedules.measured(setup.schedule) is None or fold.held_labels is not None:
        return fold
    groups = None if fold.train_groups is None else fold.train_groups.numpy()
    kept, held = (torch.from_numpy(part) for part in draw(len(fold.train_labels), groups, setup))
    device = fold.train_labels.device
    kept, held = kept.to(device), held.to(device)
    return replace(
        fold,
        train_images=fold.train_images[kept],
        train_labels=fold.train_labels[kept],
        train_groups=None if fold.train_groups is None else fold.train_groups[kept.cpu()],
        held_images=fold.train_images[held],
        held_labels=fold.train_labels[held],
    )


def draw(n: int, groups: Numbers | None, setup: Setup) -> tuple[Numbers, Numbers]:
    """Numbers of the images that are trained on, ascending, and of those that are held back, in the order drawn.

    Args:
        n: images of the training part.
        groups: (n,) original of each; None: each is its own.
        setup: gives share and seed.
    """
    generator = np.random.default_rng([setup.order_seed, SEED])
    _, group_of = np.unique(np.arange(n) if groups is None else groups, return_inverse=True)
    sizes = np.bincount(group_of)
    order = generator.permutation(len(sizes))
    taken = int(np.searchsorted(np.cumsum(sizes[order]), held_count(n, setup))) + 1
    is_held = np.isin(group_of, order[: min(taken, len(sizes) - 1)])
    return np.flatnonzero(~is_held), generator.permutation(np.flatnonzero(is_held))


def held_count(n: int, setup: Setup) -> int:
    """Images that are held back of a training part of n, where each is its own original; 0: nothing is measured."""
    if schedules.measured(setup.schedule) is None:
        return 0
    share = schedules.own_values(setup.schedule, setup.schedule_settings)["held"]
    assert isinstance(share, float)
    return min(n - 1, max(1, round(share * n)))


def part_that_trains(kept: int, setup: Setup) -> int:
    """The smallest training part of which this many images are trained on."""
    n = kept
    while n - held_count(n, setup) < kept:
        n += 1
    return n
