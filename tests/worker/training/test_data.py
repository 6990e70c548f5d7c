"""Data sets by name, their subsets and folds."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from studies.language.context import DATASET_SHAPES
from worker.training.data import CLASSES, DATASETS, check_dataset, load_dataset, make_fold, official_split, split
from worker.training.dataset import Dataset

OFFLINE = ("digits", "rotated-digits", "synthetic-digits")
NOWHERE = Path("no-such-folder")


@cache
def offline(name: str, images: int | None = None, seed: int = 0) -> Dataset:
    return load_dataset(name, NOWHERE, images=images, seed=seed, download=False)


@pytest.mark.parametrize("name", OFFLINE)
def test_offline_sets_are_as_the_language_describes_them(name: str) -> None:
    dataset = offline(name)
    images, *shape, classes = DATASET_SHAPES[name]
    assert dataset.images.shape == (images, *shape)
    assert dataset.images.dtype == np.uint8
    assert dataset.labels.dtype == dataset.groups.dtype == np.int64
    assert set(dataset.labels.tolist()) == set(range(classes))
    assert dataset.classes == classes
    assert len(dataset.sha256) == 64


def test_the_loader_knows_the_data_sets_of_the_language() -> None:
    assert set(DATASETS) == set(DATASET_SHAPES)
    assert {name: shape[-1] for name, shape in DATASET_SHAPES.items() if shape[-1] != CLASSES} == {
        "two-gaussians": 2,
        "noisy-ones": 2,
    }


def test_noisy_ones_have_the_mean_and_the_variance_of_their_name_in_every_part() -> None:
    dataset = offline("noisy-ones")
    images, *shape, classes = DATASET_SHAPES["noisy-ones"]
    assert (dataset.images.shape, dataset.classes) == ((images, *shape), classes)
    assert set(np.unique(dataset.images).tolist()) == {0.5, 1.5}
    assert not dataset.labels.any()
    for part in split(dataset, folds=5, fold=2, seed=7):
        np.testing.assert_array_equal(dataset.images[part].mean(axis=0, dtype=np.float64), np.ones(shape))
    centred = dataset.images[:, 0].reshape(images, -1)[::2] - 1.0  # one of each pair
    together = np.corrcoef(centred[:, :20].T)[np.triu_indices(20, 1)]
    assert np.abs(together).max() < 5 / len(centred) ** 0.5, "pixels are drawn one by one"
    assert dataset.sha256 == offline("noisy-ones", seed=0).sha256 != offline("noisy-ones", seed=1).sha256


def test_two_gaussians_are_points_that_a_fold_holds_as_they_are() -> None:
    dataset = offline("two-gaussians")
    images, *shape, classes = DATASET_SHAPES["two-gaussians"]
    assert dataset.images.shape == (images, *shape)
    assert (dataset.classes, set(dataset.labels.tolist())) == (classes, {0, 1})
    train, test = split(dataset, folds=5, fold=1, seed=0)
    fold = make_fold(dataset, train, test, "cpu", torch.float64)
    np.testing.assert_array_equal(fold.train_images.numpy(), dataset.images[train].astype(np.float64))
    assert (float(fold.train_images.min()), fold.classes) < (-1.0, 3)
    subset = offline("two-gaussians", images=100)
    assert np.bincount(subset.labels).tolist() == [50, 50]


def test_subset_is_balanced_and_deterministic() -> None:
    subset = offline("digits", images=500)
    assert np.bincount(subset.labels).tolist() == [50] * 10
    assert subset.sha256 == load_dataset("digits", NOWHERE, images=500).sha256
    assert offline("digits", images=5_000).sha256 == offline("digits").sha256


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


@pytest.mark.parametrize("name", OFFLINE)
def test_generated_sets_need_no_files(name: str, tmp_path: Path) -> None:
    check_dataset(name, tmp_path)


def parted() -> Dataset:
    """Two hundred images of its training part, forty of its test part."""
    labels = np.arange(240) % 10
    images = np.zeros((240, 1, 2, 2), dtype=np.uint8)
    return Dataset("parted", images, labels, np.arange(240), 10, "", training=200)


def test_the_official_split_is_the_sets_own() -> None:
    train, test = official_split(parted(), folds=5, fold=0, seed=3)
    assert (train.tolist(), test.tolist()) == (list(range(200)), list(range(200, 240)))


def test_other_folds_are_parts_of_the_training_part_alone() -> None:
    seen = np.zeros(240, dtype=int)
    for fold in range(1, 6):
        train, test = official_split(parted(), folds=5, fold=fold, seed=3)
        seen[test] += 1
        assert sorted([*train.tolist(), *test.tolist()]) == list(range(200))
        assert np.bincount(parted().labels[test]).tolist() == [4] * 10
    assert (seen[:200] == 1).all()
    assert not seen[200:].any()


def test_a_set_without_a_split_of_its_own_has_no_official_one() -> None:
    with pytest.raises(ValueError, match="digits has no training and test part"):
        official_split(offline("digits"), folds=5, fold=0, seed=0)
    with pytest.raises(ValueError, match="fold"):
        official_split(parted(), folds=5, fold=6, seed=0)
