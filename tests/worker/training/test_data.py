"""Data sets, subsets and splits."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from waiting import CEILING

from worker.training.data import (
    Dataset,
    DatasetMissing,
    balanced_subset,
    check_dataset,
    describe_datasets,
    load_dataset,
    make_fold,
    split,
)

OFFLINE = ("digits", "rotated-digits", "synthetic-digits")
NOWHERE = Path("no-such-folder")


@cache
def offline(name: str, images: int | None = None, seed: int = 0) -> Dataset:
    return load_dataset(name, NOWHERE, images=images, seed=seed, download=False)


@pytest.fixture
def data_dir() -> Path:
    folder = os.environ.get("GOLDEN_DATA_DIR")
    if not folder or not (Path(folder) / "MNIST" / "raw").is_dir():
        pytest.skip("GOLDEN_DATA_DIR names no folder with MNIST/raw: MNIST is not tested")
    return Path(folder)


@pytest.mark.parametrize("name", OFFLINE)
def test_offline_sets_are_as_described(name: str) -> None:
    dataset, described = offline(name), describe_datasets()[name]
    assert dataset.images.shape == (described.n, *described.shape)
    assert dataset.images.dtype == np.uint8
    assert dataset.labels.dtype == dataset.groups.dtype == np.int64
    assert set(dataset.labels.tolist()) == set(range(described.classes))
    assert dataset.classes == described.classes
    assert len(dataset.sha256) == 64


def test_digits_span_the_grey_scale() -> None:
    assert (int(offline("digits").images.min()), int(offline("digits").images.max())) == (0, 255)


@pytest.mark.parametrize("name", ["rotated-digits", "synthetic-digits"])
def test_generated_sets_are_balanced_and_follow_the_seed(name: str) -> None:
    first, again, other = offline(name), load_dataset(name, NOWHERE, seed=0), offline(name, seed=1)
    assert np.bincount(first.labels).tolist() == [1_000] * 10
    assert first.sha256 == again.sha256 != other.sha256
    assert 20 < first.images.mean() < 80
    assert len(np.unique(first.images, axis=0)) > 9_900


def test_rotated_copies_share_the_group_and_label_of_their_original() -> None:
    originals, copies = offline("digits"), offline("rotated-digits")
    assert set(copies.groups.tolist()) == set(range(1_797))
    assert np.array_equal(originals.labels[copies.groups], copies.labels)


@pytest.mark.parametrize("name", OFFLINE)
def test_digits_can_be_told_apart(name: str) -> None:
    """Nearest class mean: weak, but far above chance where labels and images belong together."""
    dataset = offline(name)
    flat = dataset.images.reshape(len(dataset.labels), -1).astype(np.float64)
    means = np.stack([flat[::2][dataset.labels[::2] == k].mean(axis=0) for k in range(10)])
    gaps = -2.0 * flat[1::2] @ means.T + np.square(means).sum(axis=1)
    assert (gaps.argmin(axis=1) == dataset.labels[1::2]).mean() > 0.35


def test_subset_is_balanced_and_deterministic() -> None:
    subset = offline("digits", images=500)
    assert np.bincount(subset.labels).tolist() == [50] * 10
    assert subset.sha256 == load_dataset("digits", NOWHERE, images=500).sha256
    assert offline("digits", images=5_000).sha256 == offline("digits").sha256


@given(size=st.integers(3, 40), seed=st.integers(0, 5))
@settings(deadline=None)
def test_scarce_class_gives_all_it_has(size: int, seed: int) -> None:
    labels = np.array([0] * 3 + [1] * 20 + [2] * 17, dtype=np.int64)
    kept = balanced_subset(labels, size, 3, np.random.default_rng(seed))
    counts = np.bincount(labels[kept], minlength=3)
    assert counts.sum() == size == len(np.unique(kept))
    assert counts[0] == min(3, -(-size // 3))
    assert abs(counts[1] - counts[2]) <= 1 or counts[2] == 17


def test_subset_smaller_than_the_classes_is_refused() -> None:
    with pytest.raises(ValueError, match="size"):
        load_dataset("digits", NOWHERE, images=9)


@pytest.mark.parametrize("name", OFFLINE)
def test_folds_are_stratified_disjoint_and_keep_groups_together(name: str) -> None:
    dataset = offline(name)
    seen = np.zeros(len(dataset.labels), dtype=np.int64)
    for fold in range(10):
        train, test = split(dataset, folds=10, fold=fold, seed=3)
        seen[test] += 1
        assert np.array_equal(np.sort(np.concatenate([train, test])), np.arange(len(dataset.labels)))
        assert not set(dataset.groups[train].tolist()) & set(dataset.groups[test].tolist())
        expected = np.bincount(dataset.labels) / 10
        assert np.abs(np.bincount(dataset.labels[test]) - expected).max() <= 6  # one original has up to 6 copies
        assert abs(len(test) - len(dataset.labels) / 10) <= 12
    assert (seen == 1).all()


def test_synthetic_folds_are_exactly_balanced() -> None:
    _, test = split(offline("synthetic-digits"), folds=10, fold=7, seed=1)
    assert np.bincount(offline("synthetic-digits").labels[test]).tolist() == [100] * 10


def test_split_follows_its_seed() -> None:
    first, again, other = (split(offline("digits"), folds=5, fold=0, seed=seed)[1] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(("folds", "fold"), [(1, 0), (5, 5), (5, -1)])
def test_impossible_folds_are_refused(folds: int, fold: int) -> None:
    with pytest.raises(ValueError, match="fold"):
        split(offline("digits"), folds=folds, fold=fold, seed=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_fold_tensors_hold_the_pixels_scaled_to_one(dtype: torch.dtype) -> None:
    dataset = offline("digits")
    train, test = split(dataset, folds=5, fold=2, seed=0)
    fold = make_fold(dataset, train, test, "cpu", dtype)
    assert fold.train_images.shape == (len(train), 1, 8, 8)
    assert fold.test_images.dtype == dtype
    assert (float(fold.train_images.min()), float(fold.train_images.max())) == (0.0, 1.0)
    np.testing.assert_allclose(fold.test_images.numpy(), dataset.images[test] / 255.0, rtol=1e-6)
    assert np.array_equal(fold.test_labels.numpy(), dataset.labels[test])


def test_unknown_data_set_is_refused() -> None:
    with pytest.raises(ValueError, match="imagenet"):
        load_dataset("imagenet", NOWHERE)


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


@pytest.mark.parametrize("name", OFFLINE)
def test_generated_sets_need_no_files(name: str, tmp_path: Path) -> None:
    check_dataset(name, tmp_path)


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
