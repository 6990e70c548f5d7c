"""Data sets by name, stratified folds of them, and folds as tensors.

    digits            1,797 real handwritten digits of 8x8 (scikit-learn's load_digits)
    rotated-digits    10,000 rotated, enlarged copies of them at 28x28; copies of one original share a group
    mnist             all 70,000 images
    rotated-mnist     10,000 class-balanced MNIST training images, each rotated
    synthetic-digits  10,000 digits drawn from fonts and distorted: the nearest stand-in for the paper's own data
    two-gaussians     2,000 points of two dimensions, 1,000 around each of (-1, -1) and (1, 1), standard deviation 1
    noisy-ones        10,000 images of 256 pixels that are 1/2 or 3/2, all of class 0; each has its opposite
    fashion-mnist, kmnist, cifar10

The paper's 10,000 digits ship with a commercial toolbox. As there, rotations are drawn from U(-45, 45) degrees.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from worker.training import data_generated, data_torchvision
from worker.training.dataset import Dataset, Inputs, Integers, balanced_subset
from worker.training.lanes import Fold

DATASETS = (
    "digits",
    "rotated-digits",
    "mnist",
    "rotated-mnist",
    "synthetic-digits",
    "fashion-mnist",
    "kmnist",
    "cifar10",
    "two-gaussians",
    "noisy-ones",
)
CLASSES = 10  # of each of them but these
OF_TWO_CLASSES = ("two-gaussians", "noisy-ones")


def load_dataset(
    name: str, data_dir: Path, *, images: int | None = None, seed: int = 0, download: bool = True
) -> Dataset:
    """Loads or generates a data set.

    Args:
        name: one of `DATASETS`.
        data_dir: folder of the downloaded sets, laid out as torchvision does (`MNIST/raw`, ...).
        images: size of a class-balanced subset, None for all.
        seed: of what is generated, and of the subset.
        download: fetch missing files, where the network allows.

    Raises:
        ValueError: unknown name, or fewer images asked for than there are classes.
        DatasetMissing: the files are not in `data_dir` and could not be fetched.
    """
    loaders: dict[str, Callable[[], tuple[Inputs, Integers, Integers]]] = {
        "digits": data_generated.digits,
        "rotated-digits": lambda: data_generated.rotated_digits(seed),
        "synthetic-digits": lambda: data_generated.synthetic_digits(seed),
        "two-gaussians": lambda: data_generated.two_gaussians(seed),
        "noisy-ones": lambda: data_generated.noisy_ones(seed),
        "rotated-mnist": lambda: data_generated.rotated(
            *data_torchvision.load("mnist", data_dir, download=download, training_part_only=True), seed
        ),
    }
    _check_name(name)
    classes = 2 if name in OF_TWO_CLASSES else CLASSES
    loaded = loaders[name]() if name in loaders else data_torchvision.load(name, data_dir, download=download)
    pixels, labels, groups = loaded
    training = data_torchvision.TRAINING.get(name)
    if images is not None and images < len(labels):
        kept = balanced_subset(labels, images, classes, np.random.default_rng([seed, images]))
        pixels, labels, groups = pixels[kept], labels[kept], groups[kept]
        training = None if training is None else int(np.searchsorted(kept, training))
    return Dataset(name, pixels, labels, groups, classes, _sha256(pixels, labels, groups), training)


def check_dataset(name: str, data_dir: Path) -> None:
    """Checks, without loading or fetching anything, that a data set can be loaded.

    Raises:
        ValueError: unknown name.
        DatasetMissing: its files are not in `data_dir`.
    """
    _check_name(name)
    source = "mnist" if name == "rotated-mnist" else name
    if source in data_torchvision.FILES:
        data_torchvision.check(source, data_dir)


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


def official_split(dataset: Dataset, *, folds: int, fold: int, seed: int) -> tuple[Integers, Integers]:
    """Training and test images by the data set's own split, or of a fold of its training part.

    Args:
        dataset: what to split.
        folds: k >= 2, of the training part.
        fold: 0 for the set's own training and test part; 1 <= fold <= k for part fold - 1 of a k-fold split of the
            training part, which is held out; the test part is not used then.
        seed: of that split.

    Returns:
        Image numbers for training and for testing, ascending.

    Raises:
        ValueError: the set has no split of its own, or `folds` or `fold` is out of range.
    """
    if dataset.training is None:
        raise ValueError(f"{dataset.name} has no training and test part of its own")
    if fold == 0:
        return np.arange(dataset.training), np.arange(dataset.training, len(dataset.labels))
    own = slice(dataset.training)
    part = replace(dataset, images=dataset.images[own], labels=dataset.labels[own], groups=dataset.groups[own])
    return split(part, folds=folds, fold=fold - 1, seed=seed)


def make_fold(
    dataset: Dataset,
    train: Integers,
    test: Integers,
    device: torch.device | str,
    dtype: torch.dtype = torch.float32,
) -> Fold:
    """A split as tensors on the device, pixels mapped from 0..255 to [0, 1], other numbers as they are."""

    def pixels(numbers: Integers) -> torch.Tensor:
        moved = torch.from_numpy(dataset.images[numbers]).to(device).to(dtype)
        return moved.div_(255.0) if dataset.images.dtype == np.uint8 else moved

    def labels(numbers: Integers) -> torch.Tensor:
        return torch.from_numpy(dataset.labels[numbers]).to(device)

    groups = dataset.groups[train]
    copied = len(np.unique(groups)) < len(groups)
    shared = torch.from_numpy(groups) if copied else None
    return Fold(pixels(train), labels(train), pixels(test), labels(test), dataset.classes, shared)


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


def _check_name(name: str) -> None:
    if name not in DATASETS:
        raise ValueError(f"`name` must be one of {', '.join(DATASETS)}, got {name!r}")


def _sha256(*arrays: NDArray[np.generic]) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
