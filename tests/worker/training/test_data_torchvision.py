"""Data sets that torchvision reads: the files they need, and what is made of them."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from waiting import CEILING

from worker.training import data_torchvision
from worker.training.data import check_dataset, load_dataset
from worker.training.dataset import DatasetMissing


@pytest.fixture
def data_dir() -> Path:
    folder = os.environ.get("GOLDEN_DATA_DIR")
    if not folder or not (Path(folder) / "MNIST" / "raw").is_dir():
        pytest.skip("GOLDEN_DATA_DIR names no folder with MNIST/raw: MNIST is not tested")
    return Path(folder)


def write_idx(path: Path, values: np.ndarray) -> None:
    """An IDX file: two zero bytes, the type (8: uint8), the number of dimensions, their sizes, the numbers."""
    path.write_bytes(struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape) + values.tobytes())


def test_the_training_part_comes_first_and_may_come_alone(tmp_path: Path) -> None:
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for part, labels in (("train", [3, 1, 4]), ("t10k", [5, 9])):
        pixels = np.repeat(np.array(labels, dtype=np.uint8), 28 * 28).reshape(-1, 28, 28)
        write_idx(raw / f"{part}-images-idx3-ubyte", pixels)
        write_idx(raw / f"{part}-labels-idx1-ubyte", np.array(labels, dtype=np.uint8))
    for alone, expected in ((False, [3, 1, 4, 5, 9]), (True, [3, 1, 4])):
        images, labels, groups = data_torchvision.load("mnist", tmp_path, download=False, training_part_only=alone)
        assert images.shape == (len(expected), 1, 28, 28)
        assert images[:, 0, 9, 9].tolist() == labels.tolist() == expected
        assert groups.tolist() == list(range(len(expected)))


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("mnist", "MNIST/raw"),
        ("rotated-mnist", "train-images-idx3-ubyte"),
        ("fashion-mnist", "FashionMNIST/raw"),
        ("kmnist", "KMNIST/raw"),
        ("cifar10", "data_batch_1"),
    ],
)
def test_missing_files_are_named_in_one_sentence(name: str, file: str, tmp_path: Path) -> None:
    for act in (lambda: check_dataset(name, tmp_path), lambda: load_dataset(name, tmp_path, download=False)):
        with pytest.raises(DatasetMissing) as caught:
            act()
        assert file in str(caught.value)
        assert str(tmp_path) in str(caught.value)
        assert str(caught.value).count(". ") == 0


def test_mnist_loads_both_parts(data_dir: Path) -> None:
    check_dataset("mnist", data_dir)
    mnist = load_dataset("mnist", data_dir, download=False)
    assert mnist.images.shape == (70_000, 1, 28, 28)
    assert np.bincount(mnist.labels).tolist() == [6903, 7877, 6990, 7141, 6824, 6313, 6876, 7293, 6825, 6958]
    assert np.array_equal(mnist.groups, np.arange(70_000))


def test_rotated_mnist_is_ten_thousand_balanced_training_digits(data_dir: Path) -> None:
    rotated = load_dataset("rotated-mnist", data_dir, download=False)
    assert np.bincount(rotated.labels).tolist() == [1_000] * 10
    assert rotated.groups.max() < 60_000
    assert rotated.sha256 == load_dataset("rotated-mnist", data_dir, download=False).sha256


def test_torchvision_data_sets_import_in_a_fresh_interpreter() -> None:
    code = (
        "from worker.training._torchvision import import_datasets as load;"
        "assert load() is load(); print(load().MNIST.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=CEILING)
    assert done.stdout.strip() == "MNIST"
