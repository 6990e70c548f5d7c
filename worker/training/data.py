"""Data sets by name, class-balanced subsets, stratified folds, and folds as tensors.

    digits            1,797 real handwritten digits of 8x8 (scikit-learn's load_digits)
    rotated-digits    10,000 rotated, enlarged copies of them at 28x28; copies of one original share a group
    mnist             all 70,000 images
    rotated-mnist     10,000 class-balanced MNIST training images, each rotated
    synthetic-digits  10,000 digits drawn from fonts and distorted: the nearest stand-in for the paper's own data
    fashion-mnist, kmnist, cifar10

The paper's 10,000 digits ship with a commercial toolbox. As there, rotations are drawn from U(-45, 45) degrees.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from worker.training.lanes import Fold

Images = NDArray[np.uint8]  # (N, C, H, W)
Integers = NDArray[np.int64]  # (N,)


class DatasetMissing(FileNotFoundError):
    """A data set's files are not here; the message names them and the folder where they belong."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Images with labels, in a fixed order."""

    name: str
    images: Images  # (N, C, H, W)
    labels: Integers  # (N,) in [0, classes)
    groups: Integers  # (N,) number of the original image; copies of one original share it
    classes: int
    sha256: str  # of images, labels and groups


@dataclass(frozen=True, slots=True)
class DatasetDescription:
    """What is known of a data set without loading it."""

    classes: int
    shape: tuple[int, int, int]  # (C, H, W)
    n: int


_DESCRIPTIONS = {
    "digits": DatasetDescription(10, (1, 8, 8), 1_797),
    "rotated-digits": DatasetDescription(10, (1, 28, 28), 10_000),
    "mnist": DatasetDescription(10, (1, 28, 28), 70_000),
    "rotated-mnist": DatasetDescription(10, (1, 28, 28), 10_000),
    "synthetic-digits": DatasetDescription(10, (1, 28, 28), 10_000),
    "fashion-mnist": DatasetDescription(10, (1, 28, 28), 70_000),
    "kmnist": DatasetDescription(10, (1, 28, 28), 70_000),
    "cifar10": DatasetDescription(10, (3, 32, 32), 60_000),
}


def describe_datasets() -> dict[str, DatasetDescription]:
    """Classes, image shape and number of images of every data set, by name."""
    return dict(_DESCRIPTIONS)


def load_dataset(
    name: str, data_dir: Path, *, images: int | None = None, seed: int = 0, download: bool = True
) -> Dataset:
    """Loads or generates a data set.

    Args:
        name: a key of `describe_datasets`.
        data_dir: folder of the downloaded sets, laid out as torchvision does (`MNIST/raw`, ...).
        images: size of a class-balanced subset, None for all.
        seed: of what is generated, and of the subset.
        download: fetch missing files, where the network allows.

    Raises:
        ValueError: unknown name, or fewer images asked for than there are classes.
        DatasetMissing: the files are not in `data_dir` and could not be fetched.
    """
    from worker.training import data_generated, data_torchvision  # they load scipy, Pillow or torchvision

    loaders: dict[str, Callable[[], tuple[Images, Integers, Integers]]] = {
        "digits": data_generated.digits,
        "rotated-digits": lambda: data_generated.rotated_digits(seed),
        "synthetic-digits": lambda: data_generated.synthetic_digits(seed),
        "rotated-mnist": lambda: data_generated.rotated(
            *data_torchvision.load("mnist", data_dir, download=download, training_part_only=True), seed
        ),
    }
    description = _description(name)
    loaded = loaders[name]() if name in loaders else data_torchvision.load(name, data_dir, download=download)
    pixels, labels, groups = loaded
    if images is not None and images < len(labels):
        kept = balanced_subset(labels, images, description.classes, np.random.default_rng([seed, images]))
        pixels, labels, groups = pixels[kept], labels[kept], groups[kept]
    return Dataset(name, pixels, labels, groups, description.classes, _sha256(pixels, labels, groups))


def check_dataset(name: str, data_dir: Path) -> None:
    """Checks, without loading or fetching anything, that a data set can be loaded.

    Raises:
        ValueError: unknown name.
        DatasetMissing: its files are not in `data_dir`.
    """
    from worker.training import data_torchvision

    _description(name)
    source = "mnist" if name == "rotated-mnist" else name
    if source in data_torchvision.FILES:
        data_torchvision.check(source, data_dir)


def balanced_subset(labels: Integers, size: int, classes: int, rng: np.random.Generator) -> Integers:
    """Numbers of `size` images, as many of each class as of every other, give or take one; ascending.

    A class that has fewer images than its share gives all of them, and the others make up for it.

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


def split(dataset: Dataset, *, folds: int, fold: int, seed: int) -> tuple[Integers, Integers]:
    """Training and test images of one fold of a k-fold split.

    Stratified by label, and all copies of one original lie in the same fold.

    Args:
        dataset: what to split.
        folds: k >= 2.
        fold: the fold that is held out, 0 <= fold < folds.
        seed: of the assignment; the k folds of one seed are disjoint and cover everything.

    Returns:
        Image numbers for training and for testing, ascending.

    Raises:
        ValueError: `folds` or `fold` out of range, or a fold would be empty.
    """
    if folds < 2:
        raise ValueError(f"`folds` must be at least 2, got {folds}")
    if not 0 <= fold < folds:
        raise ValueError(f"`fold` must lie in [0, {folds}), got {fold}")
    held_out = _fold_numbers(dataset, folds, np.random.default_rng(seed)) == fold
    train, test = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    if not len(train) or not len(test):
        raise ValueError(f"{dataset.name} has too few originals for {folds} folds")
    return train, test


def make_fold(
    dataset: Dataset,
    train: Integers,
    test: Integers,
    device: torch.device | str,
    dtype: torch.dtype = torch.float32,
) -> Fold:
    """A split as tensors on the device, pixels mapped from 0..255 to [0, 1]."""

    def pixels(numbers: Integers) -> torch.Tensor:
        return torch.from_numpy(dataset.images[numbers]).to(device).to(dtype).div_(255.0)

    def labels(numbers: Integers) -> torch.Tensor:
        return torch.from_numpy(dataset.labels[numbers]).to(device)

    return Fold(pixels(train), labels(train), pixels(test), labels(test), dataset.classes)


def _fold_numbers(dataset: Dataset, folds: int, rng: np.random.Generator) -> Integers:
    """(N,) fold of each image: groups in random order, each to the fold that has fewest images of its class."""
    _, first, group_of, sizes = np.unique(dataset.groups, return_index=True, return_inverse=True, return_counts=True)
    group_labels = dataset.labels[first]
    fold_of_group = np.empty(len(sizes), dtype=np.int64)
    total = [0] * folds
    for label in range(dataset.classes):
        members = np.flatnonzero(group_labels == label)
        of_class = [0] * folds
        for group in rng.permutation(members).tolist():
            target = min(range(folds), key=lambda k: (of_class[k], total[k]))  # ties: the emptiest fold
            fold_of_group[group] = target
            of_class[target] += int(sizes[group])
            total[target] += int(sizes[group])
    return fold_of_group[group_of]


def _description(name: str) -> DatasetDescription:
    if name not in _DESCRIPTIONS:
        raise ValueError(f"`name` must be one of {', '.join(_DESCRIPTIONS)}, got {name!r}")
    return _DESCRIPTIONS[name]


def _sha256(*arrays: NDArray[np.generic]) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
