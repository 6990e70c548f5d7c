"""Data sets that torchvision reads and, where they are missing, downloads."""

from __future__ import annotations

from pathlib import Path
from urllib.error import URLError

import numpy as np
from numpy.typing import NDArray

from worker.training._torchvision import import_datasets
from worker.training.dataset import DatasetMissing, Images, Integers

_IDX_FILES = tuple(
    f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")
)  # unpacked, as torchvision leaves them
_CLASSES = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "kmnist": "KMNIST", "cifar10": "CIFAR10"}
_CIFAR_FILES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch", "batches.meta")

TRAINING = {"mnist": 60_000, "fashion-mnist": 60_000, "kmnist": 60_000, "cifar10": 50_000}  # images of that part
# name -> (folder below the data folder, files that must lie in it)
FILES: dict[str, tuple[str, tuple[str, ...]]] = {
    "mnist": ("MNIST/raw", _IDX_FILES),
    "fashion-mnist": ("FashionMNIST/raw", _IDX_FILES),
    "kmnist": ("KMNIST/raw", _IDX_FILES),
    "cifar10": ("cifar-10-batches-py", _CIFAR_FILES),
}


def check(name: str, data_dir: Path) -> None:
    """Checks that the files are there.

    Raises:
        DatasetMissing: at least one is missing.
    """
    folder, files = FILES[name]
    missing = [file for file in files if not (data_dir / folder / file).is_file()]
    if missing:
        raise DatasetMissing(f"{name} needs {', '.join(missing)} in {data_dir / folder}, where they are missing.")


def load(
    name: str, data_dir: Path, *, download: bool, training_part_only: bool = False
) -> tuple[Images, Integers, Integers]:
    """Images, labels and groups: the training part, then the test part.

    Raises:
        DatasetMissing: files are missing, and were not to be fetched or could not be.
    """
    try:
        check(name, data_dir)
    except DatasetMissing as missing:
        if not download:
            raise
        _download(name, data_dir, missing)
    kind = getattr(import_datasets(), _CLASSES[name])
    parts = [kind(data_dir, train=True)] + ([] if training_part_only else [kind(data_dir, train=False)])
    images = np.concatenate([_pixels(np.asarray(part.data)) for part in parts])
    labels = np.concatenate([np.asarray(part.targets, dtype=np.int64) for part in parts])
    return images, labels, np.arange(len(labels), dtype=np.int64)


def _download(name: str, data_dir: Path, missing: DatasetMissing) -> None:
    kind = getattr(import_datasets(), _CLASSES[name])
    try:
        kind(data_dir, train=True, download=True)  # fetches both parts
    except (URLError, OSError, RuntimeError) as error:  # torchvision raises RuntimeError once every mirror has failed
        raise DatasetMissing(f"{missing} Fetching them failed: {error}") from error


def _pixels(data: NDArray[np.uint8]) -> Images:
    """(N, H, W) or (N, H, W, C) to (N, C, H, W)."""
    if data.ndim == 3:
        return data[:, None]
    return np.ascontiguousarray(data.transpose(0, 3, 1, 2))
