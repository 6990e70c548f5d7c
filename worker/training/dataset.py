"""A data set in memory, and class-balanced subsets of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.uint8]  # (N, C, H, W)
Inputs = Images | NDArray[np.float32]  # the same of data that are no images
Integers = NDArray[np.int64]  # (N,)


class DatasetMissing(FileNotFoundError):
    """A data set's files are not here; the message names them and the folder where they belong."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Images with labels, in a fixed order."""

    name: str
    images: Inputs  # (N, C, H, W)
    labels: Integers  # (N,) in [0, classes)
    groups: Integers  # (N,) number of the original image; copies of one original share it
    classes: int
    sha256: str  # of images, labels and groups
    training: int | None = None  # images of the set's own training part, the first ones; None: it has none


def balanced_subset(labels: Integers, size: int, classes: int, rng: np.random.Generator) -> Integers:
    """Numbers of `size` images, as many of each class as of every other, give or take one; ascending.

    All images of a class that has fewer than its share are taken, and more of the others.

    Raises:
        ValueError: `size` lies outside [classes, number of images].
    """
    if not classes <= size <= len(labels):
        raise ValueError(f"`size` must lie between {classes} and {len(labels)}, got {size}")
    order = rng.permutation(len(labels))
    rank = np.empty(len(labels), dtype=np.int64)  # 0 for the first image of each class in the drawn order, and so on
    for label in range(classes):
        members = order[labels[order] == label]
        rank[members] = np.arange(len(members))
    first = np.lexsort((labels, rank))[:size]  # every class's first image, then every class's second, ...
    return np.sort(first)
